"""Functions for the tests of executors; workers import them, so nothing else is imported here."""

import os
import threading
import time

NOT_CALLABLE_PLAIN = object()


def add(a: int, b: int = 2) -> dict[str, int]:
    return {"sum": a + b, "process": os.getpid()}


def spin(count: int) -> int:
    total = 0
    for number in range(count):
        total += number
    return total


def fail(a: int = 1) -> None:
    raise LookupError("nothing here", a)


def leave(a: int = 1) -> None:
    raise SystemExit(a)


def die(a: int = 1) -> None:
    os._exit(a)


def hang(a: int = 1) -> None:
    time.sleep(a)


def give_object() -> object:
    return NOT_CALLABLE_PLAIN


def thread_name() -> str:
    return threading.current_thread().name
