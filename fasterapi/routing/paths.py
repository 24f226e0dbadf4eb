"""Path templates: checked when a route is defined, compiled to a regex when first matched."""

# ruff: noqa: SLF001  the package shares names that FastAPI spells with an underscore

import inspect
import re
from collections.abc import Callable
from typing import Any, NoReturn

from starlette.convertors import CONVERTOR_TYPES, Convertor
from starlette.routing import PARAM_REGEX, Match, compile_path
from starlette.types import Scope

import fasterapi.routing as names
from fasterapi.logger import logger

__all__ = (
    "LazyPathRegex",
    "assign_path",
    "check_leading_slash",
    "endpoint_location",
    "match_route",
    "require",
    "route_location",
)

Convertors = dict[str, Convertor[Any]]


def require(condition: object, message: str) -> None:
    """Raise AssertionError with *message* unless *condition* holds.

    FastAPI uses ``assert`` here; a check of the user's input must survive ``python -O``.
    """
    if not condition:
        raise AssertionError(message)


def endpoint_location(endpoint: Any) -> str:
    """Return ``name at file:line`` of *endpoint*, or as much of it as is known."""
    function = inspect.unwrap(endpoint) if callable(endpoint) else endpoint
    name = getattr(function, "__qualname__", None) or repr(function)[:200]
    code = getattr(function, "__code__", None)
    if code is None:
        return name
    return f"{name} at {code.co_filename}:{code.co_firstlineno}"


def route_location(path: str, endpoint: Any) -> str:
    """Return path and endpoint of a route, for errors about its definition."""
    return f"route {path!r}, endpoint {endpoint_location(endpoint)}"


def _fail(error: Exception, path: str, endpoint: Any) -> NoReturn:
    kind = AssertionError if isinstance(error, AssertionError) else ValueError
    raise kind(f"{error} ({route_location(path, endpoint)})") from error


def check_leading_slash(path: str, endpoint: Any) -> None:
    """Log a warning if *path* can never match because it lacks the leading slash.

    COMPAT: FastAPI takes it without a word; ``{rest:path}`` captures the slash and does match.
    """
    if path and path[0] not in "/{":
        logger.warning(
            "no request can match: a path has to start with '/' (%s)",
            route_location(path, endpoint),
        )


def _split(path: str) -> tuple[str, Convertors]:
    """Return the path format and the convertors of *path*.

    Raises:
        AssertionError: A convertor is unknown.
        ValueError: A parameter occurs twice.
    """
    convertors: Convertors = {}
    if "{" not in path:
        return path, convertors
    repeated: set[str] = set()
    has_suffix = False
    for name, suffix in PARAM_REGEX.findall(path):
        kind = suffix[1:] or "str"
        has_suffix = has_suffix or bool(suffix)
        require(kind in CONVERTOR_TYPES, f"Unknown path convertor '{kind}'")
        if name in convertors:
            repeated.add(name)
        convertors[name] = CONVERTOR_TYPES[kind]
    if repeated:
        plural = "s" if len(repeated) > 1 else ""
        listed = ", ".join(sorted(repeated))
        raise ValueError(f"Duplicated param name{plural} {listed} at path {path}")
    # PERF: a third of the time of this function, to find that nothing is to be replaced.
    return PARAM_REGEX.sub(r"{\1}", path) if has_suffix else path, convertors


def _regex(path: str, convertors: Convertors) -> re.Pattern[str]:
    # split() yields literal, name, suffix, literal, name, suffix, ..., literal
    pieces = PARAM_REGEX.split(path)
    pattern = [re.escape(pieces[0])]
    for name, literal in zip(pieces[1::3], pieces[3::3], strict=True):
        pattern += (f"(?P<{name}>{convertors[name].regex})", re.escape(literal))
    return re.compile(f"^{''.join(pattern)}$")


class LazyPathRegex:
    """The attribute ``path_regex``: compiled when first read, then an ordinary attribute.

    Compiling takes longer than everything else that is done with a path, and a route that
    is served by a compiled table never needs it.
    """

    def __get__(self, route: Any, owner: type[Any]) -> Any:
        """Return the regex of *route*; on the class itself, the descriptor."""
        if route is None:
            return self
        state = route.__dict__
        try:
            source, convertors = state["_path_source"]
        except KeyError:
            raise AttributeError("path_regex") from None
        pattern = state["path_regex"] = _regex(source, convertors)
        return pattern


def match_route(route: Any, scope: Scope) -> tuple[Match, Scope]:
    """Return how *route* matches; not at all if a converter refuses the text.

    A converter refuses by ValueError, ``int`` with more than 4,300 digits for example. That is
    a path that does not exist (404); Starlette, and FastAPI with it, answers 500.
    """
    try:
        found: tuple[Match, Scope] = route.matches(scope)
    except ValueError:
        return Match.NONE, {}
    return found


def assign_path(route: Any, path: str, endpoint: Callable[..., Any]) -> None:
    """Set ``path_format``, ``param_convertors`` and the source of ``path_regex`` on *route*."""
    try:
        if path.startswith("/") and names.compile_path is compile_path:
            route.path_format, route.param_convertors = _split(path)
            route._path_source = (path, route.param_convertors)
        else:
            # A router may hold an empty path, which only a prefix makes a route.
            compiled = names.compile_path(path)
            route.path_regex, route.path_format, route.param_convertors = compiled
    except (AssertionError, ValueError) as error:
        _fail(error, path, endpoint)
