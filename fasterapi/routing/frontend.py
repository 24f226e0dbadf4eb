"""Frontends: browser applications served where no other route matches."""

# ruff: noqa: SLF001  the package shares names that FastAPI spells with an underscore

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, NamedTuple

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, NoMatchFound
from starlette.types import Receive, Scope, Send

import fasterapi.routing as names
from fasterapi import params
from fasterapi._speedups.ranges import file_scope
from fasterapi.dependencies.models import Dependant
from fasterapi.dependencies.utils import SolvedDependency
from fasterapi.routing.frontend_files import Directory, Fallback, _FrontendStaticFiles
from fasterapi.routing.paths import require
from fasterapi.routing.scope import (
    _FASTAPI_FRONTEND_PATH_KEY,
    _FASTAPI_FRONTEND_SPECIFICITY_KEY,
    _FASTAPI_SCOPE_KEY,
    _SCOPE_MISSING,
    _get_scope_effective_route_context,
    _update_scope,
)
from fasterapi.routing.state import build_tree


def _frontend_dependency_endpoint() -> None:
    """Stand for the endpoint that a group of frontends has not."""


def _normalize_frontend_path(path: str) -> str:
    """Return *path* without final slashes; it must begin with one."""
    require(path, "A frontend path cannot be empty")
    require(path.startswith("/"), "A frontend path must start with '/'")
    return path if path == "/" else path.rstrip("/")


def _join_frontend_paths(prefix: str, path: str) -> str:
    if not prefix:
        return path
    return prefix if path == "/" else prefix + path


def _frontend_path_specificity(path: str) -> int:
    """Return a number that is larger the less a frontend at *path* covers."""
    return 0 if path == "/" else len(path)


class _FrontendRoute(BaseRoute):
    """One directory of files below one path."""

    def __init__(
        self,
        path: str,
        *,
        directory: Directory,
        fallback: Fallback = "auto",
        check_dir: bool,
    ) -> None:
        require(
            fallback in {"auto", "index.html", "404.html", None},
            "fallback must be 'auto', 'index.html', '404.html', or None",
        )
        self.path = _normalize_frontend_path(path)
        self.methods = {"GET", "HEAD"}
        self.app = _FrontendStaticFiles(directory=directory, fallback=fallback, check_dir=check_dir)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Return whether the requested path lies below this route's."""
        return self.matches_with_path(scope, self.path)

    def matches_with_path(self, scope: Scope, path: str) -> tuple[Match, Scope]:
        """Return whether the requested path lies below *path*."""
        if scope["type"] != "http":
            return Match.NONE, {}
        found = self._get_frontend_path(path, names.get_route_path(scope))
        if found is None:
            return Match.NONE, {}
        state = {
            _FASTAPI_FRONTEND_PATH_KEY: found,
            _FASTAPI_FRONTEND_SPECIFICITY_KEY: _frontend_path_specificity(path),
        }
        match = Match.FULL if scope["method"] in self.methods else Match.PARTIAL
        return match, {_FASTAPI_SCOPE_KEY: state}

    def _get_frontend_path(self, path: str, route_path: str) -> str | None:
        """Return what of *route_path* follows *path*; None if it does not lie below."""
        if path == "/":
            return route_path.lstrip("/")
        if route_path == path:
            return ""
        if route_path.startswith(path + "/"):
            return route_path[len(path) + 1 :]
        return None

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the file, the fallback page or an error."""
        response = await self.app.get_response_for_scope(scope)
        await response(file_scope(response, scope), receive, send)

    def url_path_for(self, name: str, /, **path_params: Any) -> Any:
        """Raise NoMatchFound: a frontend has no name."""
        raise NoMatchFound(name, path_params)


class _Candidate(NamedTuple):
    """The best frontend so far for one request."""

    specificity: int
    child_scope: Scope
    route: _FrontendRoute


class _FrontendRouteGroup(BaseRoute):
    """All frontends of one router; the most specific one answers."""

    def __init__(
        self,
        *,
        dependencies: Sequence[params.Depends] | None = None,
        dependency_overrides_provider: Any | None = None,
    ) -> None:
        self.routes: list[_FrontendRoute] = []
        self.dependencies = list(dependencies or [])
        self.dependency_overrides_provider = dependency_overrides_provider
        self.dependant, _, self._embed_body_fields = build_tree(
            "", _frontend_dependency_endpoint, self.dependencies
        )

    def add_frontend_route(
        self,
        path: str,
        *,
        directory: Directory,
        fallback: Fallback = "auto",
        check_dir: bool,
    ) -> None:
        """Serve the files of *directory* below *path*."""
        route = _FrontendRoute(path, directory=directory, fallback=fallback, check_dir=check_dir)
        self.routes.append(route)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Return whether one of the frontends covers the requested path."""
        return self.matches_with_prefix(scope, "")

    def matches_with_prefix(self, scope: Scope, prefix: str) -> tuple[Match, Scope]:
        """Return whether one of them covers the requested path when included at *prefix*."""
        match, child_scope, _ = self._match(scope, prefix=prefix)
        return match, child_scope

    def _match(self, scope: Scope, *, prefix: str) -> tuple[Match, Scope, _FrontendRoute | None]:
        best: dict[Match, _Candidate] = {}
        for route in self.routes:
            path = _join_frontend_paths(prefix, route.path)
            match, child_scope = route.matches_with_path(scope, path)
            specificity = _frontend_path_specificity(path)
            known = best.get(match)
            if match != Match.NONE and (known is None or specificity > known.specificity):
                best[match] = _Candidate(specificity, child_scope, route)
        for match in (Match.FULL, Match.PARTIAL):
            if match in best:
                return match, best[match].child_scope, best[match].route
        return Match.NONE, {}, None

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer from the most specific frontend, after its router's dependencies."""
        context = _get_scope_effective_route_context(scope)
        is_included = context is not None and context.original_route is self
        prefix = context.frontend_prefix if context is not None and is_included else ""
        owner: Any = context if is_included else self
        match, child_scope, route = self._match(scope, prefix=prefix)
        if route is None:
            raise HTTPException(404)
        _update_scope(scope, child_scope)
        shown = _join_frontend_paths(prefix, route.path).rstrip("/") + "/{path}"
        names._route_selected(scope=scope, path=shown)
        dependant = owner.dependant
        if match != Match.FULL or not dependant or not dependant.dependencies:
            await route.handle(scope, receive, send)
            return
        solving = self._solve_dependencies(
            scope,
            receive,
            send,
            dependant=dependant,
            dependency_overrides_provider=owner.dependency_overrides_provider,
            embed_body_fields=owner._embed_body_fields,
        )
        async with solving as solved:
            response = await route.app.get_response_for_scope(scope)
            _add_solved(response, solved)
            await response(file_scope(response, scope), receive, send)

    def url_path_for(self, name: str, /, **path_params: Any) -> Any:
        """Raise NoMatchFound: a frontend has no name."""
        raise NoMatchFound(name, path_params)

    @asynccontextmanager
    async def _solve_dependencies(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        *,
        dependant: Dependant,
        dependency_overrides_provider: Any | None,
        embed_body_fields: bool,
    ) -> AsyncIterator[SolvedDependency]:
        """Run the dependencies, and their exits when the block is left."""
        with _restored(scope, "fastapi_inner_astack", "fastapi_function_astack"):
            async with AsyncExitStack() as request_stack, AsyncExitStack() as function_stack:
                scope["fastapi_inner_astack"] = request_stack
                scope["fastapi_function_astack"] = function_stack
                solved = await names.solve_dependencies(
                    request=names.Request(scope, receive, send),
                    dependant=dependant,
                    dependency_overrides_provider=dependency_overrides_provider,
                    async_exit_stack=request_stack,
                    embed_body_fields=embed_body_fields,
                )
                if solved.errors:
                    raise names.RequestValidationError(solved.errors)
                yield solved


def _add_solved(response: Response, solved: SolvedDependency) -> None:
    if response.background is None:
        response.background = solved.background_tasks
    response.headers.raw.extend(solved.response.headers.raw)


class _restored:  # noqa: N801  a `with` block, reads as a function
    """Put entries of a scope back as they were when the block is left."""

    def __init__(self, scope: Scope, *keys: str) -> None:
        self._scope = scope
        self._before = {key: scope.get(key, _SCOPE_MISSING) for key in keys}

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        for key, value in self._before.items():
            if value is _SCOPE_MISSING:
                self._scope.pop(key, None)
            else:
                self._scope[key] = value
