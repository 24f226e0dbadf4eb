"""A module imports only from the layers below its own; compiled modules count too.

Imports inside functions and under ``if TYPE_CHECKING`` are free: they take no part in the order in
which modules are loaded. docs/architecture.md says what each layer is for.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2] / "fasterapi"

# Lowest first; a name stands for the module or package and everything inside it. A submodule that
# others need below its package is named with it: params and security describe themselves with the
# OpenAPI models, the rest of openapi describes routes.
LAYERS = [
    ("types", "exceptions", "status", "logger", "_version", "_place", "_lazy", "_security_scopes"),
    ("_speedups", "_config"),
    (
        "datastructures",
        "concurrency",
        "_compat",
        "_form_limits",
        "_body_limit",
        "_starlette_responses",
        "telemetry",
        "executors",
    ),
    ("encoders", "utils"),
    (
        *("requests", "websockets", "forms", "sse", "background", "encoded", "_guard"),
        *("openapi.models", "openapi._models_schema", "openapi._models_security", "openapi._email"),
        "openapi._example",
    ),
    ("responses", "params", "openapi.constants", "exception_handlers"),
    ("param_functions",),
    ("security",),
    ("dependencies",),
    ("openapi",),
    ("routing",),
    ("short",),
    ("middleware", "staticfiles", "templating", "lifetime"),
    ("applications",),
    ("app",),
    (
        *("pg", "caching", "ratelimit", "conditional", "pagination", "fieldsets", "metrics"),
        *("profiling", "tasks", "native", "mcp"),
    ),
    ("server", "testclient", "bench", "compat"),
    ("cli",),
    ("__main__",),
]
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
FEATURES = LEVEL["pg"]

# Importer and imported of one layer, or upwards, each with what would be worse.
ALLOWED: dict[tuple[str, str], str] = {}

COMPILED_IMPORT = re.compile(
    r"^(?:from\s+fasterapi(?:\.(\w+)[\w.]*)?\s+c?import\s+\(?\s*(\w+)|c?import\s+fasterapi\.(\w+))",
    re.MULTILINE,
)
SOURCES = sorted(p for kind in ("py", "pyx", "pxd") for p in ROOT.rglob(f"*.{kind}"))


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def top_name(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(path.suffix)


def own_unit(path: Path) -> str:
    """Return the entry of LAYERS that *path* belongs to, its top name if there is none."""
    return unit(".".join(path.relative_to(ROOT).with_suffix("").parts)) or top_name(path)


def is_type_checking(test: ast.expr) -> bool:
    return ast.unparse(test).endswith("TYPE_CHECKING")


def loaded_at_import(body: list[ast.stmt]) -> Iterator[ast.Import | ast.ImportFrom]:
    """Yield the import statements that run when the module is loaded."""
    for node in body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif isinstance(node, ast.If):
            if not is_type_checking(node.test):
                yield from loaded_at_import(node.body)
            yield from loaded_at_import(node.orelse)
        elif isinstance(node, ast.Try):
            for part in (node.body, node.orelse, node.finalbody):
                yield from loaded_at_import(part)
            for handler in node.handlers:
                yield from loaded_at_import(handler.body)
        elif isinstance(node, ast.With | ast.ClassDef):
            yield from loaded_at_import(node.body)


def absolute(node: ast.ImportFrom, path: Path) -> str:
    """Return the full name of the module that *node* imports from."""
    if not node.level:
        return node.module or ""
    package = ("fasterapi", *path.relative_to(ROOT).parent.parts)
    base = package[: len(package) - node.level + 1]
    return ".".join((*base, node.module) if node.module else base)


def python_targets(path: Path) -> Iterator[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
    for node in loaded_at_import(tree.body):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            module = absolute(node, path)
            names = [f"{module}.{alias.name}" for alias in node.names]
        for name in names:
            parts = name.split(".")
            if parts[0] == "fasterapi" and len(parts) > 1:
                yield ".".join(parts[1:])


def compiled_targets(path: Path) -> Iterator[str]:
    for groups in COMPILED_IMPORT.findall(path.read_text(encoding="utf-8")):
        yield next(name for name in groups if name)


def unit(name: str) -> str | None:
    """Return the entry of LAYERS that covers the dotted *name*, None for a name in __init__."""
    parts = name.split(".")
    pair = ".".join(parts[:2])
    return pair if pair in LEVEL else parts[0] if parts[0] in LEVEL else None


def targets(path: Path) -> set[str]:
    """Return the units that *path* imports outside its own package."""
    found = python_targets(path) if path.suffix == ".py" else compiled_targets(path)
    outside = (name for name in found if name.split(".")[0] != top_name(path))
    return {covered for name in outside if (covered := unit(name))}


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_imports_go_down(path: Path) -> None:
    if path == ROOT / "__init__.py":  # the public face: it names everything
        return
    own = own_unit(path)
    assert own in LEVEL, f"{own!r} has no layer: add it to LAYERS in {Path(__file__).name}"
    for target in targets(path) - {name for importer, name in ALLOWED if importer == own}:
        assert LEVEL[target] < LEVEL[own], (
            f"{relative(path)} (layer {LEVEL[own]}) imports fasterapi.{target} (layer"
            f" {LEVEL[target]}): move what both need to a lower layer, or import it inside the"
            " function that needs it and say there why"
        )


def test_each_exception_is_still_needed() -> None:
    used = {(own_unit(path), target) for path in SOURCES for target in targets(path)}
    assert ALLOWED.keys() <= used, "remove what no longer occurs from ALLOWED"


def test_features_do_not_import_each_other_even_lazily() -> None:
    features = set(LAYERS[FEATURES])
    for path in SOURCES:
        own = top_name(path)
        if own in features:
            text = path.read_text(encoding="utf-8")
            named = set(re.findall(r"^\s*(?:from|c?import)\s+fasterapi\.(\w+)", text, re.MULTILINE))
            assert not named & features - {own}, f"{relative(path)} imports another feature"
