"""Static files of a browser application, with its fallback page."""

import errno
import os
import stat
import warnings
from collections.abc import Iterator
from typing import Any, Final, Literal

from starlette.datastructures import URL
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

import fasterapi.routing as names
from fasterapi.routing.paths import require
from fasterapi.routing.redirects import safe_location
from fasterapi.routing.scope import _FASTAPI_FRONTEND_PATH_KEY, _get_fastapi_scope

Directory = str | os.PathLike[str]
Fallback = Literal["auto", "index.html", "404.html"] | None
CheckDir = bool | Literal["auto"]

_PAGES: Final = {"text/html", "application/xhtml+xml"}


def _get_resolved_absolute_path(path: Directory) -> str:
    return os.path.realpath(os.fspath(path))


def _missing_directory(directory: Directory) -> str:
    resolved = _get_resolved_absolute_path(directory)
    return f"Frontend directory '{directory}' does not exist. Resolved absolute path: '{resolved}'"


def _resolve_frontend_check_dir(*, directory: Directory, check_dir: CheckDir) -> bool:
    """Return whether a missing directory is an error.

    "auto" makes it one except in development, where the build output may come later: there
    it is a warning.
    """
    if check_dir != "auto":
        return check_dir
    if os.environ.get("FASTAPI_ENV") != "development":
        return True
    if not os.path.isdir(directory):
        warnings.warn(_missing_directory(directory), stacklevel=3)
    return False


def _is_file(found: os.stat_result | None) -> bool:
    return found is not None and stat.S_ISREG(found.st_mode)


class _FrontendStaticFiles(StaticFiles):
    """Files below one directory; paths without a file may get a fallback page.

    Args:
        directory: Root of the files.
        fallback: Page for paths without a file; "auto" takes what exists, ``404.html`` first.
        check_dir: Whether directory and fallback must exist now.
    """

    def __init__(self, *, directory: Directory, fallback: Fallback, check_dir: bool) -> None:
        self.fallback = fallback
        if check_dir and not os.path.isdir(directory):
            raise RuntimeError(_missing_directory(directory))
        super().__init__(directory=directory, html=True, check_dir=check_dir, follow_symlink=False)
        if check_dir and fallback in ("index.html", "404.html"):
            self._check_fallback_file(fallback)

    def _check_fallback_file(self, fallback: str) -> None:
        _, found = self.lookup_path(fallback)
        if not _is_file(found):
            raise self._no_fallback(fallback)

    def _no_fallback(self, fallback: str) -> RuntimeError:
        return RuntimeError(
            f"Frontend fallback file '{fallback}' does not exist in directory "
            f"'{self.directory}'. Resolved absolute directory: '{self._get_resolved_directory()}'"
        )

    def _get_resolved_directory(self) -> str:
        return _get_resolved_absolute_path(self.directory or "")

    def get_path(self, scope: Scope) -> str:
        """Return the requested path below the directory, as routing has found it."""
        path: str = _get_fastapi_scope(scope).get(_FASTAPI_FRONTEND_PATH_KEY, "")
        require(isinstance(path, str), "the frontend path must be a str")
        return os.path.normpath(os.path.join(*path.split("/")))

    async def get_response_for_scope(self, scope: Scope) -> Response:
        """Return the answer for the request that *scope* describes."""
        if not self.config_checked:
            await self.check_config()
            self.config_checked = True
        return await self.get_response(self.get_path(scope), scope)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return the file at *path*, a redirect to its directory, or the fallback page.

        Raises:
            HTTPException: 404 without file and fallback; 405 for other methods than GET.
        """
        resource = await self._lookup_static_resource(path)
        if scope["method"] not in ("GET", "HEAD"):
            raise HTTPException(404 if resource is None else 405)
        if resource is None:
            return await self._fallback(scope)
        full_path, found, is_directory_index = resource
        if is_directory_index and not scope["path"].endswith("/"):
            # Relative links of the page would miss the directory's name.
            url = URL(scope=scope)
            return RedirectResponse(safe_location(str(url.replace(path=url.path + "/"))))
        return self.file_response(full_path, found, scope)

    async def _fallback(self, scope: Scope) -> Response:
        if await self._falls_back_to("404.html"):
            return await self._fallback_response("404.html", scope, status_code=404)
        if _is_frontend_navigation_request(scope) and await self._falls_back_to("index.html"):
            return await self._fallback_response("index.html", scope, status_code=200)
        raise HTTPException(404)

    async def _falls_back_to(self, page: str) -> bool:
        if self.fallback == page:
            return True
        return self.fallback == "auto" and await self._fallback_file_exists(page)

    async def _lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        try:
            found: tuple[str, os.stat_result | None] = await names.run_in_threadpool(
                self.lookup_path, path
            )
        except PermissionError:
            raise HTTPException(401) from None
        except OSError as error:
            if error.errno != errno.ENAMETOOLONG:
                raise
            raise HTTPException(404) from None
        except ValueError:
            # A NUL in the path.
            raise HTTPException(404) from None
        return found

    async def _lookup_static_resource(self, path: str) -> tuple[str, os.stat_result, bool] | None:
        """Return full path, stat, and whether it is a directory's index; None if no file."""
        full_path, found = await self._lookup_path(path)
        if found is None:
            return None
        if stat.S_ISREG(found.st_mode):
            return full_path, found, False
        if not stat.S_ISDIR(found.st_mode):
            return None
        full_path, found = await self._lookup_path(os.path.join(path, "index.html"))
        if found is None or not _is_file(found):
            return None
        return full_path, found, True

    async def _fallback_file_exists(self, fallback: str) -> bool:
        _, found = await names.run_in_threadpool(self.lookup_path, fallback)
        return _is_file(found)

    async def _fallback_response(
        self, fallback: str, scope: Scope, *, status_code: int
    ) -> Response:
        full_path, found = await names.run_in_threadpool(self.lookup_path, fallback)
        if found is None or not _is_file(found):
            raise self._no_fallback(fallback)
        return self.file_response(full_path, found, scope, status_code=status_code)


def _iter_accept_media_types(accept: str) -> Iterator[tuple[str, float]]:
    """Yield the media types of an Accept header with their quality, 1.0 if there is none."""
    for item in accept.split(","):
        media_type, *parameters = (part.strip() for part in item.split(";"))
        yield media_type.lower(), _quality(parameters)


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            try:
                return float(value.strip().strip('"'))
            except ValueError:
                return 1.0
    return 1.0


def _is_frontend_navigation_request(scope: Scope) -> bool:
    """Return whether a browser asks for a page, not for a script, image or data."""
    accept: Any = Request(scope).headers.get("accept", "")
    return any(
        media_type in _PAGES and quality != 0
        for media_type, quality in _iter_accept_media_types(accept)
    )
