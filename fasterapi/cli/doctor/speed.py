"""Checks of what could be faster."""

import ast
from collections.abc import Iterator

from fasterapi.cli.doctor.findings import Finding, Kind
from fasterapi.cli.doctor.module import Function, Handler, Module, dotted, walk_own

__all__ = ("check_speed",)

_BLOCKING = frozenset(
    {"time.sleep", "subprocess.run", "subprocess.call", "subprocess.check_output", "os.system"}
    | {"urllib.request.urlopen", "sqlite3.connect", "psycopg2.connect", "pymysql.connect"}
    | {f"{client}.{verb}" for client in ("requests", "httpx", "httpx2")
       for verb in ("get", "post", "put", "patch", "delete", "head", "request")}
)  # fmt: skip
_HARMLESS = frozenset(
    {"len", "str", "int", "float", "bool", "list", "dict", "set", "tuple", "sorted", "min", "max"}
    | {"sum", "range", "enumerate", "zip", "round", "abs", "isinstance", "repr", "Response"}
    | {"HTTPException", "JSONResponse", "RedirectResponse", "PlainTextResponse", "HTMLResponse"}
)
_QUERIES = frozenset(
    {"execute", "exec", "scalar", "scalars", "fetch", "fetchrow", "fetchval", "fetchone"}
    | {"fetchall", "fetch_one", "fetch_all", "query", "get", "find_one", "refresh"}
)
_STORES = ("session", "db", "conn", "connection", "cursor", "cur", "engine", "pool", "database")
_DUMPS = frozenset({"model_dump", "dict", "model_dump_json", "json"})


def check_speed(module: Module) -> Iterator[Finding]:
    """Yield what would be faster in *module*."""
    for handler in module.handlers:
        yield from _check_waiting(module, handler)
        yield from _check_answer(module, handler)
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ClassDef):
            yield from _check_middleware(module, node)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _check_queries(module, node)


def _faster(module: Module, node: ast.AST, check: str, text: str) -> Finding:
    return Finding(module.file, getattr(node, "lineno", 1), Kind.FASTER, check, text)


def _calls(function: Function) -> Iterator[ast.Call]:
    return (node for node in walk_own(function) if isinstance(node, ast.Call))


def _check_waiting(module: Module, handler: Handler) -> Iterator[Finding]:
    function = handler.function
    if isinstance(function, ast.AsyncFunctionDef):
        for call in _calls(function):
            name = module.name_of(call.func)
            if name in _BLOCKING:
                text = f"{name} in 'async def {function.name}' stops every other request: "
                yield _faster(module, call, "blocking", text + "await an async one, or use 'def'")
        return
    called = [module.name_of(call.func) or "?" for call in _body_calls(function)]
    if not any(_may_wait(name) for name in called):
        text = f"'def {function.name}' waits for nothing: 'async def' saves the trip to a thread"
        yield _faster(module, function, "needless-thread", text)


def _body_calls(function: Function) -> Iterator[ast.Call]:
    for statement in function.body:
        yield from (node for node in ast.walk(statement) if isinstance(node, ast.Call))


def _may_wait(name: str) -> bool:
    last = name.rpartition(".")[2]
    # Names in capitals are classes: models, as a rule.
    return last not in _HARMLESS and not (last[:1].isupper() and "." not in name)


def _check_answer(module: Module, handler: Handler) -> Iterator[Finding]:
    function, model = handler.function, handler.response_model
    for call in _calls(function):
        if module.name_of(call.func).endswith("jsonable_encoder"):
            text = f"jsonable_encoder in '{function.name}': results are encoded anyway, in C"
            yield _faster(module, call, "jsonable-encoder", text)
    if not model or handler.decorator.func.attr == "websocket":  # type: ignore[attr-defined]
        return
    for node in walk_own(function):
        value = node.value if isinstance(node, ast.Return) else None
        if isinstance(value, ast.Call) and (text := _validated_twice(value, model)):
            yield _faster(module, value, "validated-twice", text)


def _validated_twice(call: ast.Call, model: str) -> str:
    name = dotted(call.func)
    if isinstance(call.func, ast.Attribute) and call.func.attr in _DUMPS and not call.args:
        if call.func.attr in ("model_dump", "dict"):
            return f"the dumped model is validated again as {model}: return the model itself"
        return ""
    unpacks = any(keyword.arg is None for keyword in call.keywords)
    if name == f"{model}.model_validate" or (name == model and unpacks):
        return f"{model} is validated here and as the response model: return the data itself"
    return ""


def _check_middleware(module: Module, node: ast.ClassDef) -> Iterator[Finding]:
    if not any(module.name_of(base).endswith("BaseHTTPMiddleware") for base in node.bases):
        return
    for item in node.body:
        if isinstance(item, ast.AsyncFunctionDef | ast.FunctionDef) and item.name == "__call__":
            text = (
                f"{node.name} has a __call__ of its own, so it runs as an ASGI application with "
                "Starlette's task and queue: with 'dispatch' alone compiled code calls it"
            )
            yield _faster(module, item, "middleware-call", text)


def _check_queries(module: Module, function: Function) -> Iterator[Finding]:
    seen: set[int] = set()
    for loop in walk_own(function):
        if not isinstance(loop, ast.For | ast.AsyncFor | ast.ListComp | ast.SetComp | ast.DictComp):
            continue
        for call in _repeated_calls(loop):
            if call.lineno not in seen and _is_query(call):
                seen.add(call.lineno)
                name = dotted(call.func)
                text = f"{name} once per turn of the loop in '{function.name}': one query for all"
                yield _faster(module, call, "n-plus-one", text)


def _repeated_calls(loop: ast.AST) -> Iterator[ast.Call]:
    """Yield the calls that happen again with every turn: not what is iterated over."""
    repeated: list[ast.AST]
    if isinstance(loop, ast.For | ast.AsyncFor):
        repeated = list(loop.body)
    elif isinstance(loop, ast.DictComp):
        repeated = [loop.key, loop.value]
    else:
        repeated = [loop.elt]  # type: ignore[attr-defined]
    for part in repeated:
        yield from (node for node in ast.walk(part) if isinstance(node, ast.Call))


def _is_query(call: ast.Call) -> bool:
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in _QUERIES:
        return False
    receiver = dotted(call.func.value).rpartition(".")[2].lower().strip("_")
    return receiver in _STORES or receiver.endswith(("_session", "_db", "_conn", "_pool"))
