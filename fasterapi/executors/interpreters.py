"""Calls in sub-interpreters, each with a GIL of its own.

Requests and answers are plain data, in the interpreter's own format (`marshal`), through pipes:
both sides need the standard library only, and nothing of it is shared. What has compiled parts
(pydantic, orjson, this package) cannot be loaded there, so validating and encoding stay here.
"""

import inspect
import marshal
import os
import sys
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Final

from fasterapi.exceptions import UsageError
from fasterapi.executors import plain
from fasterapi.executors.plain import find_foreign
from fasterapi.executors.pool import Place, WorkerDied, raise_remote

__all__ = ("InterpreterWorker",)

# Runs in the sub-interpreter; `{read}`, `{write}` are ends of pipes, `{path}` is sys.path.
_PROGRAM: Final = """
import importlib, marshal, os, sys, traceback
from functools import reduce

sys.path[:] = {path!r}
requests = os.fdopen({read}, "rb", closefd=False)
answers = os.fdopen({write}, "wb", closefd=False)


def call(module, name, values):
    try:
        function = reduce(getattr, name.split("."), importlib.import_module(module))
    except Exception as error:
        return "import", f"{{type(error).__name__}}: {{error}}"
    try:
        return "value", function(**values)
    except BaseException as error:
        text = "".join(traceback.format_exception(error))
        status = getattr(error, "status_code", None)
        if isinstance(status, int):
            kind, details = "http", (status, getattr(error, "detail", None),
                                     getattr(error, "headers", None))
        else:
            kind, details = type(error).__name__, (error.args, text)
        return ("other", ((), text)) if find_foreign(details, "") else (kind, details)


while (head := requests.read(8)):
    kind, details = call(*marshal.loads(requests.read(int.from_bytes(head, "big"))))
    try:
        answer = marshal.dumps((kind, details))
    except ValueError:
        answer = marshal.dumps(("unplain", find_foreign(details, "result")))
    answers.write(len(answer).to_bytes(8, "big") + answer)
    answers.flush()
"""


def _encode(place: Place, values: dict[str, Any]) -> bytes:
    for name, value in values.items():
        if text := find_foreign(value, name):
            raise UsageError(
                f"only plain data goes to a sub-interpreter: argument {text} in {place[1]!r}; "
                "executor='process' takes whatever can be pickled"
            )
    return marshal.dumps((*place, values))


def _execute(program: str) -> None:
    """Run *program* in a new sub-interpreter and end it."""
    if sys.version_info >= (3, 14):
        from concurrent import interpreters  # noqa: PLC0415 - new in 3.14

        public = interpreters.create()
        try:
            public.exec(program)
        finally:
            public.close()
        return
    import _interpreters  # type: ignore[import-not-found] # noqa: PLC0415  exists from 3.13 on

    interpreter = _interpreters.create()
    try:
        _interpreters.exec(interpreter, program)
    finally:
        _interpreters.destroy(interpreter)


class InterpreterWorker:
    """A sub-interpreter, the thread that it lives in, and the thread that talks to it."""

    def __init__(self) -> None:
        theirs_in, ours_out = os.pipe()
        ours_in, theirs_out = os.pipe()
        self._requests = os.fdopen(ours_out, "wb")
        self._answers = os.fdopen(ours_in, "rb")
        program = inspect.getsource(plain) + _PROGRAM.format(
            path=sys.path, read=theirs_in, write=theirs_out
        )
        self._life = threading.Thread(
            target=_live, args=(program, theirs_in, theirs_out), daemon=True,
            name="FasterAPI sub-interpreter",
        )  # fmt: skip
        self._life.start()
        self._talk = ThreadPoolExecutor(1, "FasterAPI sub-interpreter's caller")

    def submit(self, place: Place, values: dict[str, Any]) -> Future[Any]:
        """Begin a call."""
        return self._talk.submit(self._exchange, place, _encode(place, values))

    def _exchange(self, place: Place, request: bytes) -> Any:
        name = f"{place[0]}.{place[1]}"
        try:
            self._requests.write(len(request).to_bytes(8, "big") + request)
            self._requests.flush()
            size = int.from_bytes(self._answers.read(8), "big")
            # From a pipe that only our own program has the other end of.
            kind, details = marshal.loads(self._answers.read(size))  # noqa: S302
        except (OSError, EOFError, ValueError) as error:
            raise WorkerDied(f"the sub-interpreter of {name} ended") from error
        if kind == "value":
            return details
        if kind == "unplain":
            raise UsageError(
                f"only plain data comes from a sub-interpreter: {details} in {name!r}; "
                "executor='process' takes whatever can be pickled"
            )
        if kind == "import":
            raise UsageError(
                f"a sub-interpreter cannot import {name}: {details}; put it into a module that "
                "imports nothing with compiled parts, or use executor='process'"
            )
        return raise_remote(kind, details)

    def end(self) -> None:
        """Let it end; a call that hangs keeps its thread until the process ends."""
        with suppress(RuntimeError):  # ended before
            self._talk.submit(self._answers.close)
        self._talk.shutdown(wait=False)
        with suppress(OSError):
            self._requests.close()


def _live(program: str, *descriptors: int) -> None:
    try:
        _execute(program)
    finally:
        for descriptor in descriptors:
            with suppress(OSError):
                os.close(descriptor)
