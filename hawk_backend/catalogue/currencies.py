"""Which currency codes are known, as currencies.toml lists them."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

Code = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


@dataclass(frozen=True, slots=True)
class Currencies:
    """Codes by origin: ISO 4217, and those that only the markets use."""

    iso: frozenset[Code]
    market: frozenset[Code]

    @property
    def all(self) -> frozenset[str]:
        """Every known code."""
        return self.iso | self.market
