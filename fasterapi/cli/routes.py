"""``fasterapi routes``: what an application answers, one row per route."""

import functools
import inspect
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from rich.table import Table
from rich.text import Text

from fasterapi.executors.auto import AUTO_MARK
from fasterapi.executors.placing import EXECUTOR_MARK
from fasterapi.routing.include import iter_route_contexts

__all__ = ("RouteRow", "describe_routes", "route_table", "row_as_dict")

PARAMETER_KINDS = ("path", "query", "header", "cookie", "body")


@dataclass(slots=True)
class RouteRow:
    """One route in words.

    Attributes:
        methods: HTTP methods, ``WEBSOCKET``, or ``MOUNT``.
        path: Path template.
        endpoint: Dotted name of the function.
        parameters: Kind -> names, ``?`` behind those that may be left out; the parameters of
            dependencies are among them.
        dependencies: Dotted names, outermost first.
        kind: async, sync (runs in a worker thread unless its executor follows), or a stream
            of either; native with "frozen" or "compiled".
        response_model: The declared type.
        middleware: Names, outermost first.
        is_compiled: Whether requests take the compiled plan; None if that is not known.
        reason: Why they do not.
    """

    methods: list[str]
    path: str
    endpoint: str
    parameters: dict[str, list[str]] = field(default_factory=dict)
    dependencies: list[str] = field(default_factory=list)
    kind: str = ""
    response_model: str = ""
    middleware: list[str] = field(default_factory=list)
    is_compiled: bool | None = None
    reason: str = ""


def describe_routes(app: Any) -> list[RouteRow]:
    """Return a row for each route of *app*, in the order they are tried."""
    middleware = _names_of_middleware(getattr(app, "user_middleware", ()))
    plans = _read_plans(app)
    rows = []
    for context in iter_route_contexts(app.routes):
        row = _describe(context)
        row.middleware = middleware + row.middleware
        row.is_compiled, row.reason = plans.get((row.path, tuple(row.methods)), (None, ""))
        rows.append(row)
    return rows


def _describe(context: Any) -> RouteRow:
    endpoint = getattr(context, "endpoint", None)
    dependant = getattr(context, "dependant", None)
    target = endpoint if endpoint is not None else getattr(context, "app", None)
    row = RouteRow(_methods_of(context), _path_of(context), _name_of(target))
    if endpoint is not None and not inspect.isclass(endpoint):
        row.kind = _kind_of(endpoint)
    native = getattr(getattr(context, "original_route", None), "_native", None)
    if native is not None:
        row.kind = f"native, {native.kind}"
    if dependant is not None:
        row.parameters = _parameters_of(dependant)
        row.dependencies = _dependencies_of(dependant)
    model = getattr(context, "response_model", None)
    row.response_model = "" if model is None else _name_of(model)
    row.middleware = _names_of_middleware(getattr(context, "middleware", None) or ())
    return row


def _methods_of(context: Any) -> list[str]:
    methods = getattr(context, "methods", None)
    if methods:
        return sorted(methods)
    return ["WEBSOCKET" if getattr(context, "endpoint", None) is not None else "MOUNT"]


def _kind_of(endpoint: Any) -> str:
    function = endpoint
    while isinstance(function, functools.partial):
        function = function.func
    function = inspect.unwrap(function)
    if not inspect.isroutine(function):
        function = type(function).__call__
    if inspect.isasyncgenfunction(function):
        return "async stream"
    if inspect.isgeneratorfunction(function):
        return "sync stream"
    if inspect.iscoroutinefunction(function):
        return "async"
    executor = getattr(endpoint, EXECUTOR_MARK, None)
    placement = getattr(endpoint, AUTO_MARK, executor)
    return "sync" if placement is None else f"sync, {placement}"


def _walk(dependant: Any) -> Iterator[Any]:
    for child in dependant.dependencies:
        yield child
        yield from _walk(child)


def _parameters_of(dependant: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for part in (dependant, *_walk(dependant)):
        for kind in PARAMETER_KINDS:
            for parameter in getattr(part, f"{kind}_params"):
                optional = "" if parameter.field_info.is_required() else "?"
                names = found.setdefault(kind, [])
                if f"{parameter.alias}{optional}" not in names:
                    names.append(f"{parameter.alias}{optional}")
    return found


def _dependencies_of(dependant: Any) -> list[str]:
    # dict: each once, in order
    return list(dict.fromkeys(_name_of(part.call) for part in _walk(dependant)))


def _names_of_middleware(entries: Iterable[Any]) -> list[str]:
    # A function given to @app.middleware("http") says more than the class that wraps it.
    return [_name_of(entry.kwargs.get("dispatch") or entry.cls) for entry in entries]


def _name_of(value: Any) -> str:
    if value is None:
        return ""
    while isinstance(value, functools.partial):
        value = value.func
    if hasattr(value, "__args__"):  # list[Item]: its own name would be "list"
        return str(value).replace("typing.", "")
    name = getattr(value, "__qualname__", None)
    if name is None:  # an instance with __call__, such as OAuth2PasswordBearer(...)
        return type(value).__qualname__
    name = name.rpartition("<locals>.")[2]
    module = getattr(value, "__module__", None)
    return name if module in (None, "builtins") or inspect.isclass(value) else f"{module}.{name}"


def _read_plans(app: Any) -> dict[tuple[str, tuple[str, ...]], tuple[bool, str]]:
    """Return (path, methods) -> (is compiled, why not)."""
    return {
        (_path_of(row.route), tuple(_methods_of(row.route))): (row.plan is not None, row.reason)
        for row in app.plan_report()
    }


def _path_of(route: Any) -> str:
    return getattr(route, "path", None) or ""


def row_as_dict(row: RouteRow) -> dict[str, Any]:
    """Return *row* as plain data."""
    return asdict(row)


def route_table(rows: list[RouteRow]) -> Table:
    """Return the rows as a table; columns that nothing stands in are left out."""
    cells = [_cells(row) for row in rows]
    table = Table(header_style="bold")
    names = [name for name in _cells(RouteRow([], "", "")) if any(row[name] for row in cells)]
    for name in names:
        table.add_column(name, overflow="fold", no_wrap=name in ("methods", "kind"))
    for row in cells:
        table.add_row(*(Text(row[name]) for name in names))
    return table


def _cells(row: RouteRow) -> dict[str, str]:
    parameters = [f"{kind}: {', '.join(names)}" for kind, names in row.parameters.items()]
    plan = {None: "", True: "compiled", False: f"plain: {row.reason}"}[row.is_compiled]
    return {
        "methods": " ".join(row.methods),
        "path": row.path,
        "endpoint": row.endpoint,
        "parameters": "\n".join(parameters),
        "dependencies": "\n".join(row.dependencies),
        "kind": row.kind,
        "response": row.response_model,
        "middleware": "\n".join(row.middleware),
        "plan": plan,
    }
