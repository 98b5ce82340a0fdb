"""Secrets of one start, and the keys that Supabase would issue with them."""

import hashlib
import hmac
import json
import secrets
import time
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field

TEN_YEARS_S = 10 * 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Keys:
    """Made anew for every start, as the ports are; they open this stack alone."""

    jwt_secret: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    authenticator: str = field(default_factory=lambda: secrets.token_urlsafe(24))  # its password

    def token(self, role: str) -> str:
        """Sign what Supabase calls the anon key or the service role key (HS256, ten years)."""
        now = int(time.time())
        claims = {"iss": "supabase", "role": role, "iat": now, "exp": now + TEN_YEARS_S}
        signed = f"{segment({'alg': 'HS256', 'typ': 'JWT'})}.{segment(claims)}"
        digest = hmac.digest(self.jwt_secret.encode(), signed.encode(), hashlib.sha256)
        return f"{signed}.{base64url(digest)}"


def segment(value: Mapping[str, object]) -> str:
    """One part of a token: compact JSON in base64url."""
    return base64url(json.dumps(value, separators=(",", ":")).encode())


def base64url(value: bytes) -> str:
    """Without padding, as tokens have it."""
    return urlsafe_b64encode(value).rstrip(b"=").decode()
