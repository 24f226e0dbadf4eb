"""Checks of what may not run unchanged."""

import ast
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec

from fasterapi.cli.doctor.findings import Finding, Kind
from fasterapi.cli.doctor.module import Module
from fasterapi.compat import FASTAPI_VERSION
from fasterapi.routing import patchpoints

__all__ = ("check_compatibility",)

# Top names of packages that import FastAPI themselves, beside all that are called fastapi_*.
_IMPORT_FASTAPI = frozenset({"prometheus_fastapi_instrumentator", "broadcaster_fastapi"})
_IMPORT_FASTAPI_PARTS = ("strawberry.fastapi", "dishka.integrations.fastapi", "ariadne.contrib")
# Monitoring that replaces functions: found working, on uncompiled routes.
_MONITORING = frozenset({"sentry_sdk", "logfire", "ddtrace", "newrelic", "elasticapm"})
_SLOW_RESPONSES = ("ORJSONResponse", "UJSONResponse")
_PATCHERS = frozenset({"patch", "setattr", "patch.object"})
_ROUTE_METHODS = frozenset({"get_route_handler", "handle", "matches"})


def check_compatibility(module: Module) -> Iterator[Finding]:
    """Yield what may need a change in *module*, and what only looks like it."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from _check_import(module, node)
        elif isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
            yield from _check_assignment(module, node)
        elif isinstance(node, ast.Call):
            yield from _check_call(module, node)
        elif isinstance(node, ast.ClassDef):
            yield from _check_class(module, node)
        elif isinstance(node, ast.Attribute) and module.name_of(node) == "fastapi.__version__":
            yield _look(module, node, "version", "fastapi.__version__ becomes FasterAPI's own "
                        f"version; under --as-fastapi it is {FASTAPI_VERSION}")  # fmt: skip


def _finding(module: Module, node: ast.AST, kind: Kind, check: str, text: str) -> Finding:
    return Finding(module.file, getattr(node, "lineno", 1), kind, check, text)


def _look(module: Module, node: ast.AST, check: str, text: str) -> Finding:
    return _finding(module, node, Kind.LOOK, check, text)


def _is_fastapi(name: str) -> bool:
    return name == "fastapi" or name.startswith("fastapi.")


def _check_import(module: Module, node: ast.Import | ast.ImportFrom) -> Iterator[Finding]:
    if isinstance(node, ast.Import):
        names = [(alias.name, "") for alias in node.names]
    elif node.level:
        return
    else:
        names = [(node.module or "", alias.name) for alias in node.names]
    for package, name in names:
        if _is_fastapi(package):
            yield from _check_fastapi_import(module, node, package, name)
    packages = dict.fromkeys(package for package, _ in names)
    for package in packages:
        yield from _check_package(module, node, package)


def _check_fastapi_import(
    module: Module, node: ast.AST, package: str, name: str
) -> Iterator[Finding]:
    ours = "fasterapi" + package.removeprefix("fastapi")
    full = f"{package}.{name}" if name else package
    if not _exists(ours):
        yield _look(module, node, "missing-module", f"{package} does not exist in FasterAPI")
    elif name and name != "*" and not hasattr(import_module(ours), name):
        if not _exists(f"{ours}.{name}"):
            yield _look(module, node, "missing-name", f"{full} does not exist in FasterAPI")
    elif name in _SLOW_RESPONSES:
        yield _look(
            module,
            node,
            "response-class",
            f"{name} is deprecated and slower than the default: leave it out, JSON is "
            "written by compiled code anyway",
        )
    elif name.startswith("_") or package.startswith("fastapi.dependencies"):
        text = f"{full} is an internal name; it exists here, with the same signature"
        yield _finding(module, node, Kind.UNCHANGED, "internal-name", text)


def _exists(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def _check_package(module: Module, node: ast.AST, package: str) -> Iterator[Finding]:
    top = package.partition(".")[0]
    if top.startswith("fastapi_") or top in _IMPORT_FASTAPI or package in _IMPORT_FASTAPI_PARTS:
        text = f"{package} imports FastAPI itself: start the program with --as-fastapi"
        yield _look(module, node, "imports-fastapi", text)
    elif top in _MONITORING:
        text = (
            f"{top} may replace functions of the framework; it works, with --as-fastapi where it "
            "imports fastapi, and routes that it changes are not compiled"
        )
        yield _finding(module, node, Kind.UNCHANGED, "monitoring", text)


def _check_assignment(
    module: Module, node: ast.Assign | ast.AugAssign | ast.AnnAssign
) -> Iterator[Finding]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    for target in targets:
        if isinstance(target, ast.Attribute):
            yield from _check_patch(module, node, module.name_of(target))


def _check_patch(module: Module, node: ast.AST, target: str) -> Iterator[Finding]:
    """Yield what replacing *target*, a dotted name, means."""
    if not target.startswith(("fastapi.", "starlette.")):
        return
    point = target.removeprefix("fastapi.").removeprefix("routing.")
    if target.startswith("starlette.") or point in patchpoints.NAMES:
        text = f"replaces {target}: that is noticed, and routes are not compiled while it is"
    else:
        text = f"replaces {target}, which compiled routes do not look up: check that it is called"
    yield _look(module, node, "patch", text)


def _check_call(module: Module, node: ast.Call) -> Iterator[Finding]:
    name = module.name_of(node.func)
    first = node.args[0] if node.args else None
    text = first.value if isinstance(first, ast.Constant) else None
    if name in ("importlib.metadata.version", "version") and text == "fastapi":
        says = f"fails without an installed fastapi; under --as-fastapi it is {FASTAPI_VERSION}"
        yield _look(module, node, "version", f"the version of the package fastapi {says}")
        return
    if not name.endswith(tuple(_PATCHERS)) or first is None:
        return
    if isinstance(text, str):
        yield from _check_patch(module, node, text)
    elif len(node.args) > 1 and isinstance(node.args[1], ast.Constant):
        attribute = node.args[1].value
        yield from _check_patch(module, node, f"{module.name_of(first)}.{attribute!s}")


def _check_class(module: Module, node: ast.ClassDef) -> Iterator[Finding]:
    bases = {module.name_of(base).rpartition(".")[2] for base in node.bases}
    own = {
        item.name for item in node.body if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    if "APIRoute" in bases and own & _ROUTE_METHODS:
        names = ", ".join(sorted(own & _ROUTE_METHODS))
        text = f"{node.name} overrides {names}: it works, and its routes are not compiled"
        yield _finding(module, node, Kind.FASTER, "route-class", text)
