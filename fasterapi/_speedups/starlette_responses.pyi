from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, Literal

REPLACEMENTS: Final[dict[str, Callable[..., Any]]]

def init_response(
    self: Any,
    content: Any = None,
    status_code: int = 200,
    headers: Mapping[str, str] | None = None,
    media_type: str | None = None,
    background: Any = None,
) -> None: ...
def render(self: Any, content: Any) -> bytes | memoryview: ...
def init_headers(self: Any, headers: Mapping[str, str] | None = None) -> None: ...
def init_json(
    self: Any,
    content: Any,
    status_code: int = 200,
    headers: Mapping[str, str] | None = None,
    media_type: str | None = None,
    background: Any = None,
) -> None: ...
def render_json(self: Any, content: Any) -> bytes: ...
def init_redirect(
    self: Any,
    url: Any,
    status_code: int = 307,
    headers: Mapping[str, str] | None = None,
    background: Any = None,
) -> None: ...
def init_streaming(
    self: Any,
    content: Any,
    status_code: int = 200,
    headers: Mapping[str, str] | None = None,
    media_type: str | None = None,
    background: Any = None,
) -> None: ...
def get_headers(self: Any) -> Any: ...
def set_cookie(
    self: Any,
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
) -> None: ...
def set_header(self: Any, key: str, value: str) -> None: ...
