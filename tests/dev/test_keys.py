"""The keys of the local stack, judged by the library that the world verifies tokens with."""

import jwt
import pytest

from hawk_backend.dev.keys import Keys


@pytest.mark.parametrize("role", ["anon", "service_role"])
def test_a_key_is_a_token_of_its_role(role: str) -> None:
    """PyJWT accepts the signature and the lifetime, and reads the role."""
    keys = Keys()
    claims = jwt.decode(keys.token(role), keys.jwt_secret, algorithms=["HS256"])
    assert claims["role"] == role


def test_every_start_has_secrets_of_its_own() -> None:
    """A token of one start opens no other."""
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(Keys().token("anon"), Keys().jwt_secret, algorithms=["HS256"])
