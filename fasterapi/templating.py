"""HTML from Jinja2 templates: Starlette's own class; needs the package ``jinja2``."""

from starlette.templating import Jinja2Templates

__all__ = ("Jinja2Templates",)
