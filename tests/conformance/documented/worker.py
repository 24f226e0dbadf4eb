"""One process for all programs on one package by one door; a copy of it for each program.

``python -m tests.conformance.documented.worker SDIST OUT PACKAGE DOOR EARLIER [PROGRAM...]``

PACKAGE is fastapi or fasterapi; DOOR one of `SETTINGS`, for example http or asgi+mounted;
EARLIER a file of observations whose questions are to be asked again, or - to make them.
"""

import asyncio
import contextlib
import io
import json
import logging
import os
import random
import shutil
import sys
import tempfile
import traceback
import uuid
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.conformance.documented.observe import Observer, can_be_sent, protocol_class, steady
from tests.conformance.documented.programs import find_programs, furnish, load, words_of
from tests.conformance.documented.questions import Asker, Question
from tests.conformance.documented.sockets import converse, paths_of


def _repeatable() -> None:
    """Make what programs draw at random the same each time."""
    random.seed(7)
    numbers = random.Random(8)
    uuid.uuid4 = lambda: uuid.UUID(int=numbers.getrandbits(128))  # type: ignore[assignment]
    os.environ["ADMIN_EMAIL"] = "deadpool@example.com"


def _behind_middleware(app: Any) -> tuple[Any, str]:
    app.middleware_stack = None  # it may have been mounted in another one, and asked there

    @app.middleware("http")
    async def outer(request: Any, call_next: Any) -> Any:
        response = await call_next(request)
        response.headers["x-outer"] = str(response.status_code)
        return response

    return app, ""


def _mounted(app: Any) -> tuple[Any, str]:
    outer = type(app)()
    outer.mount("/outer", app)
    return outer, "/outer"


def _included(app: Any) -> tuple[Any, str]:
    outer = type(app)()
    outer.include_router(app.router, prefix="/outer")
    return outer, "/outer"


SETTINGS: dict[str, Callable[[Any], tuple[Any, str]]] = {
    "": lambda app: (app, ""),
    "middleware": _behind_middleware,
    "mounted": _mounted,
    "included": _included,
}
"""What is done to a program before it is asked; the prefix its paths get by that."""


def observe(sdist: Path, name: str, package: str, door: str, asked: Any) -> dict[str, Any]:
    """Return everything that can be seen of program *name*."""
    _repeatable()
    printed = io.StringIO()
    result: dict[str, Any] = {}
    with warnings.catch_warnings(), contextlib.redirect_stdout(printed):
        warnings.simplefilter("ignore")
        logging.disable(logging.CRITICAL)
        try:
            apps = load(name)
        except BaseException as error:
            return {"building": [type(error).__name__, steady(str(error))]}
        for key, app in apps.items():
            result[key] = _observe_app(app, sdist, name, package, door, (asked or {}).get(key))
    result["printed"] = steady(printed.getvalue())
    result["files"] = {
        str(file): steady(file.read_bytes().decode("latin-1"))[:3000]
        for file in sorted(Path().rglob("*"))
        if file.is_file() and file.suffix not in (".db", ".pyc")
    }
    return result


def _observe_app(app: Any, sdist: Path, name: str, package: str, door: str, asked: Any) -> Any:
    try:
        document = json.loads(json.dumps(app.openapi()))
    except Exception as error:
        document = {"error": [type(error).__name__, steady(str(error))]}
    door, _, setting = door.partition("+")
    if asked is None:
        questions = Asker(document, *words_of(sdist, name)).questions()
    else:
        questions = [
            Question(**{**one, "headers": tuple(map(tuple, one["headers"]))})
            for one in asked["questions"]
        ]
    sent = questions if door != "http" else [one for one in questions if can_be_sent(one)]
    paths = paths_of(app)
    app, prefix = SETTINGS[setting](app)
    is_http = door == "http"
    observer = Observer(app, is_http, protocol_class(package == "fastapi"), prefix)
    answers = asyncio.run(observer.ask_all(sent))
    said = [] if is_http else asyncio.run(converse(app, [prefix + path for path in paths]))
    return {
        "document": document,
        "questions": [one.as_json() for one in questions],
        "sent": [one.as_json() for one in sent],
        "answers": answers,
        "sockets": said,
    }


def _in_child(sdist: Path, name: str, package: str, door: str, asked: Any, out: Path) -> None:
    """Observe in a process of its own, in a folder of its own."""
    folder = Path(tempfile.mkdtemp(prefix="documented."))
    child = os.fork()
    if child == 0:
        try:
            furnish(folder, sdist)
            os.chdir(folder)
            result = observe(sdist, name, package, door, asked)
        except BaseException:
            result = {"failed": traceback.format_exc()}
        try:
            with out.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps({"name": name, "seen": result}) + "\n")
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    if status:
        with out.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps({"name": name, "seen": {"died": status}}) + "\n")
    shutil.rmtree(folder, ignore_errors=True)


def _warm_up() -> None:
    """Import what every copy of this process needs, the compiler of plans as well."""
    import fastapi
    import fastapi.responses
    import fastapi.security
    import fastapi.templating

    app = fastapi.FastAPI()
    app.get("/")(lambda: None)
    observer = Observer(app, False, None, "")
    asyncio.run(observer.ask_all([Question("GET", "/")]))


def main() -> None:
    """Observe the programs; those of one earlier file are asked what was asked there."""
    sdist, out, package, door, earlier, *chosen = sys.argv[1:]
    if package != "fastapi":
        from fasterapi import compat

        compat.install()
    sys.path.append(sdist)  # last: there are tests in it, too
    asked: dict[str, Any] = {}
    if earlier != "-":
        for line in Path(earlier).read_text(encoding="utf-8").splitlines():
            item = json.loads(line)
            asked[item["name"]] = item["seen"]
    _warm_up()
    Path(out).unlink(missing_ok=True)
    for name in find_programs(Path(sdist)):
        if not chosen or any(part in name for part in chosen):
            _in_child(Path(sdist), name, package, door, asked.get(name), Path(out))


if __name__ == "__main__":
    main()
