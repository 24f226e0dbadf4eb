"""What differs between a laptop, a test and a server."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of one shop.

    Attributes:
        database: SQLite file; made, with some products, when it does not exist.
        pictures: Folder of the product pictures.
        staff_password: Password of staff@shop.example on first start; a random one is made
            and printed if None.
        token_minutes: How long a login lasts.
        picture_bytes: Largest picture accepted.
    """

    database: Path = Path("shop.sqlite3")
    pictures: Path = Path("shop-pictures")
    staff_password: str | None = None
    token_minutes: int = 60
    picture_bytes: int = 2 * 1024 * 1024

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Return the settings that ``SHOP_*`` variables describe."""
        defaults = cls()
        return cls(
            database=Path(environment.get("SHOP_DATABASE", defaults.database)),
            pictures=Path(environment.get("SHOP_PICTURES", defaults.pictures)),
            staff_password=environment.get("SHOP_STAFF_PASSWORD"),
            token_minutes=int(environment.get("SHOP_TOKEN_MINUTES", defaults.token_minutes)),
        )
