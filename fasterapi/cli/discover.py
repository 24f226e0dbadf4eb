"""Find the application that a command is about: its module, its name, how to import it.

The rules are those of FastAPI's command line, so that `fasterapi run` works where
`fastapi run` did: a path, or an entry point in pyproject.toml, or a file with a usual name;
in it a variable ``app``, ``api``, or the first one that holds an application.
"""

import importlib
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from fasterapi.applications import FastAPI
from fasterapi.server.run import importing_app

__all__ = ("DEFAULT_FILES", "DiscoveryError", "FoundApp", "ModuleFailedError", "find_app")

DEFAULT_FILES = ("main.py", "app.py", "api.py", "app/main.py", "app/app.py", "app/api.py")
PREFERRED_NAMES = ("app", "api")
_TABLES = ("fasterapi", "fastapi")  # of [tool.*] in pyproject.toml, the first one wins


class DiscoveryError(Exception):
    """The application was not found; the message says what was looked for and where."""


class ModuleFailedError(Exception):
    """Importing the module raised; the cause is the program's own exception."""


@dataclass(frozen=True, slots=True)
class FoundApp:
    """An application and where it was found.

    Attributes:
        app: The object itself.
        module: Dotted name of its module.
        name: Its name in the module, with dots if it is inside of something.
        file: File of the module, if it has one.
        source: Which rule found it, in words.
    """

    app: Any
    module: str
    name: str
    file: str | None
    source: str

    @property
    def import_string(self) -> str:
        """``module:name``, as servers take it."""
        return f"{self.module}:{self.name}"


@dataclass(frozen=True, slots=True)
class _Place:
    """A module to import, before it is imported."""

    module: str
    folder: Path  # goes on sys.path
    source: str
    name: str | None = None
    file: Path | None = None


def find_app(target: str | None, name: str | None = None) -> FoundApp:
    """Return the application that *target* stands for.

    Args:
        target: Path of a file or package, ``module:name``, or None to look in the current
            folder.
        name: Variable that holds the application; None to look for it.

    Raises:
        DiscoveryError: There is none.
        ModuleFailedError: Its module cannot be imported, for a reason inside of it.
    """
    place = _place_of(target) if target else _default_place()
    folder = str(place.folder)
    if folder not in sys.path[:1]:
        sys.path.insert(0, folder)
    module = _import(place)
    wanted = name or place.name
    found = _named(module, wanted) if wanted else _first(module)
    return FoundApp(*found, file=getattr(module, "__file__", None), source=place.source)


def _place_of(target: str) -> _Place:
    if Path(target).exists():
        return _from_path(Path(target), "the path given")
    left, colon, name = target.rpartition(":")
    if colon and left and Path(left).exists():
        place = _from_path(Path(left), "the path given")
        return _Place(place.module, place.folder, place.source, name, place.file)
    if colon and _is_dotted_name(left) and _is_dotted_name(name):
        return _Place(left, Path.cwd(), "the import string given", name)
    raise DiscoveryError(
        f"Path does not exist {target}\n"
        f"Looked for it in {Path.cwd()}; give a file, a package or 'module:name'."
    )


def _is_dotted_name(text: str) -> bool:
    return all(part.isidentifier() for part in text.split("."))


def _default_place() -> _Place:
    entrypoint = _read_entrypoint(Path("pyproject.toml"))
    if entrypoint is not None:
        value, table = entrypoint
        module, _, name = value.partition(":")
        if not _is_dotted_name(module):
            raise DiscoveryError(
                f"entrypoint of [tool.{table}] in pyproject.toml must be 'module:name', "
                f"got {value!r}"
            )
        source = f"entrypoint of [tool.{table}] in pyproject.toml"
        return _Place(module, Path.cwd(), source, name or None)
    for candidate in map(Path, DEFAULT_FILES):
        if candidate.is_file():
            return _from_path(candidate, "its usual name")
    raise DiscoveryError(
        "Could not find a default file to run, please provide an explicit path\n"
        f"Looked for {', '.join(DEFAULT_FILES)} and for entrypoint in [tool.fasterapi] of "
        f"pyproject.toml in {Path.cwd()}."
    )


def _read_entrypoint(file: Path) -> tuple[str, str] | None:
    """Return the entry point and the table it stands in; None if there is none."""
    try:
        tool = tomllib.loads(file.read_text(encoding="utf-8")).get("tool", {})
    except FileNotFoundError:
        return None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DiscoveryError(f"{file.resolve()} is not valid TOML: {error}") from None
    for table in _TABLES:
        value = tool.get(table, {}).get("entrypoint")
        if isinstance(value, str):
            return value, table
        if value is not None:
            raise DiscoveryError(f"entrypoint of [tool.{table}] must be a text, got {value!r}")
    return None


def _from_path(path: Path, source: str) -> _Place:
    """Return the module of a file or package; parents with ``__init__.py`` are its packages."""
    resolved = path.resolve()
    file = resolved / "__init__.py" if resolved.is_dir() else resolved
    if not file.is_file():
        raise DiscoveryError(
            f"the folder {path} is no package, it has no __init__.py{_inside(path)}"
        )
    if file.suffix != ".py":
        raise DiscoveryError(f"{path} is no Python file")
    module_path = file.parent if file.stem == "__init__" else file
    parts, folder = [module_path.stem], module_path.parent
    while (folder / "__init__.py").is_file() and folder.name:
        parts.insert(0, folder.name)
        folder = folder.parent
    unusable = [part for part in parts if "." in part]
    if unusable:
        raise DiscoveryError(f"{unusable[0]!r} in {file} cannot be imported: a dot is in its name")
    return _Place(".".join(parts), folder, source, file=file)


def _inside(folder: Path) -> str:
    """Return a hint at a file in *folder* that may have been meant."""
    for candidate in DEFAULT_FILES:
        if (folder / candidate).is_file():
            return f"; did you mean {folder / candidate}?"
    return ""


def _import(place: _Place) -> ModuleType:
    try:
        with importing_app():
            module = importlib.import_module(place.module)
    except ModuleNotFoundError as error:
        if place.file is None and error.name and f"{place.module}.".startswith(f"{error.name}."):
            raise DiscoveryError(
                f"Could not import module {place.module!r} ({place.source})\n"
                f"Looked for it in {place.folder} and the rest of sys.path."
            ) from None
        raise ModuleFailedError from error
    except Exception as error:
        raise ModuleFailedError from error
    loaded_from = getattr(module, "__file__", None)
    if place.file is not None and loaded_from and Path(loaded_from).resolve() != place.file:
        raise DiscoveryError(
            f"{place.file} cannot be imported as {place.module!r}: that name is taken by "
            f"{loaded_from}. Rename the file."
        )
    return module


def _named(module: ModuleType, name: str) -> tuple[Any, str, str]:
    found: Any = module
    for part in name.split("."):
        try:
            found = getattr(found, part)
        except AttributeError:
            raise DiscoveryError(
                f"Could not find app name {name} in {module.__name__}{_offer(module)}"
            ) from None
    # An application wrapped in ASGI middleware is served too, so any callable will do.
    if not callable(found):
        raise DiscoveryError(
            f"The app name {name} in {module.__name__} doesn't seem to be a FasterAPI app, "
            f"it is {type(found).__name__!r}{_offer(module)}"
        )
    return found, module.__name__, name


def _first(module: ModuleType) -> tuple[Any, str, str]:
    variables = vars(module)
    for name in (*PREFERRED_NAMES, *sorted(variables)):
        if isinstance(variables.get(name), FastAPI):
            return variables[name], module.__name__, name
    raise DiscoveryError(
        f"Could not find FasterAPI app in module, try using --app\n"
        f"Looked for {', '.join(PREFERRED_NAMES)} and any FasterAPI instance in "
        f"{module.__name__} ({getattr(module, '__file__', None)}).{_foreign(module)}"
    )


def _offer(module: ModuleType) -> str:
    names = [name for name, value in vars(module).items() if isinstance(value, FastAPI)]
    return f"\nFasterAPI apps there: {', '.join(names)}." if names else ""


def _foreign(module: ModuleType) -> str:
    """Return a hint if the module has an application of FastAPI itself."""
    for name, value in vars(module).items():
        if type(value).__module__ == "fastapi.applications":
            return f"\n{name!r} is one of the package fastapi: import it from fasterapi."
    return ""
