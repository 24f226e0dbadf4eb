"""Static files: Starlette's class; `app.mount` sees to ranges as RFC 9110 wants them."""

from starlette.staticfiles import StaticFiles

__all__ = ("StaticFiles",)
