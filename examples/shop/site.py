"""The two pages for people."""

from pathlib import Path

from fasterapi import APIRouter
from fasterapi.responses import HTMLResponse

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

_PAGES = Path(__file__).parent / "pages"
# The pages load nothing from elsewhere; scripts and styles stand in them.
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
}
_START = (_PAGES / "start.html").read_text(encoding="utf-8")
_LIVE = (_PAGES / "live.html").read_text(encoding="utf-8")


@router.get("/")
async def start() -> HTMLResponse:
    """Say what there is."""
    return HTMLResponse(_START, headers=_HEADERS)


@router.get("/live")
async def live() -> HTMLResponse:
    """Show orders as they come in, and follow one of them."""
    return HTMLResponse(_LIVE, headers=_HEADERS)
