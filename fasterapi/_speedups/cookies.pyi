from datetime import datetime
from typing import Literal

__pyx_capi__: dict[str, object]  # what other compiled modules cimport

def cookie_text(
    key: str,
    value: str = "",
    max_age: int | None = None,
    expires: datetime | str | int | None = None,
    path: str | None = "/",
    domain: str | None = None,
    secure: bool = False,
    httponly: bool = False,
    samesite: Literal["lax", "strict", "none"] | None = "lax",
    partitioned: bool = False,
) -> str | None: ...
def has_semicolon(parts: tuple[object, ...], named: dict[str, object]) -> bool: ...
