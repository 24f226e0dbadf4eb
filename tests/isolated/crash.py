"""Everything public in the compiled modules, called wrongly, alone and from many threads.

``python tests/isolated/crash.py [calls] [seed]``: native code that trusts its callers would end
this process by a signal. Exceptions are what is asked for; their kinds do not matter.
"""

import asyncio
import faulthandler
import importlib
import inspect
import pkgutil
import random
import sys
import threading
import warnings
from collections import OrderedDict
from collections.abc import Callable, Iterator
from enum import StrEnum
from types import ModuleType
from typing import Any

from fasterapi import FastAPI, _speedups

THREADS = 8
# Modules whose objects start threads or wait for a loop; their own tests treat them.
WITHOUT_INSTANCES = ("handoff", "hop", "threads")


class Text(str):
    """A subclass, which exact type checks must not take for the real one."""


class Octets(bytes):
    pass


class Number(int):
    pass


class Pairs(list):  # type: ignore[type-arg]
    pass


class Choice(StrEnum):
    ONE = "one"


class Evil:
    """Changes what it is looked at in, raises where nothing should."""

    def __eq__(self, other: object) -> bool:
        raise ValueError("eq")

    def __hash__(self) -> int:
        raise ValueError("hash")

    def __bool__(self) -> bool:
        raise ValueError("bool")

    def __len__(self) -> int:
        return -5

    def __index__(self) -> int:
        raise ValueError("index")

    def __iter__(self) -> Iterator[Any]:
        raise ValueError("iter")

    def __getattr__(self, name: str) -> Any:
        raise ValueError(name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise ValueError("call")


def values() -> list[Any]:
    """Return what every parameter gets, made anew: some of it is changed by the calls."""
    cyclic: list[Any] = []
    cyclic.append(cyclic)
    deep: Any = []
    for _ in range(5000):
        deep = [deep]
    return [
        None, True, 0, 1, -1, 2**31, -(2**31), 2**63, -(2**63) - 1, 2**200, 1.5, float("nan"),
        float("inf"), "", "a", "a" * 100_000, "\0", "\ud800", "ä\u20ac\U0001f600", b"", b"a", b"%",
        b"\xff" * 1000, b"a=b&c", bytearray(b"a"), memoryview(b"a"), (), (1,), ("a", "b"), [], [1],
        [None], [(b"a", b"b")], [(b"a",)], [("a", "b")], [[b"a", b"b"]], [(b"a", b"b", b"c")], {},
        {"a": 1}, {1: 2}, {None: None}, set(), frozenset({"GET"}), object(), object, type, Evil(),
        Text("a"), Octets(b"a"), Number(3), Pairs([1]), OrderedDict(a=1), Choice.ONE, cyclic, deep,
        Exception("x"), lambda *args, **kwargs: args, repr, range(3), iter([1]), slice(1),
        {"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b""},
        {"type": "http"}, {"type": "websocket"}, FastAPI, complex(1), ..., NotImplemented,
    ]  # fmt: skip


def modules() -> list[ModuleType]:
    names = [info.name for info in pkgutil.iter_modules(_speedups.__path__)]
    return [importlib.import_module(f"{_speedups.__name__}.{name}") for name in names]


def settle(result: Any) -> Any:
    """Close coroutines, take a little of iterators; return the result."""
    if inspect.iscoroutine(result):
        try:
            result.send(None)
        finally:
            result.close()
    elif inspect.isgenerator(result) or hasattr(result, "__next__"):
        next(result, None)
    return result


def call(function: Any, *args: Any, **kwargs: Any) -> Any:
    """Return what *function* returns; None for exceptions of every kind."""
    try:
        return settle(function(*args, **kwargs))
    except (Exception, asyncio.CancelledError):
        return None


def keywords_of(function: Any) -> list[str]:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return []
    kinds = (inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [parameter.name for parameter in parameters if parameter.kind in kinds]


class Caller:
    """Calls what it is given with random arguments.

    Args:
        seed: Of the random numbers.
        known: Objects of the compiled classes, to be passed as arguments too.
    """

    def __init__(self, seed: int, known: list[Any]) -> None:
        self.random = random.Random(seed)
        self.values = values() + known

    def pick(self) -> Any:
        return self.random.choice(self.values)

    def call_once(self, function: Any) -> Any:
        """Return the result of one call with arguments by position and by name."""
        names = keywords_of(function)
        count = self.random.choice((0, 1, 1, 2, 2, 3, len(names)))
        args = [self.pick() for _ in range(count)]
        rest = names[count:] if self.random.random() < 0.7 else []
        return call(function, *args, **{name: self.pick() for name in rest})

    def misuse(self, thing: Any) -> None:
        """Call *thing*, its methods, and those on a wrong ``self``."""
        made = self.call_once(thing) if callable(thing) else thing
        if not inspect.isclass(thing):
            return
        call(type, "Sub", (thing,), {})
        wrong = self.pick()
        for name in dir(thing):
            if name in ("__class__", "__subclasshook__", "__init_subclass__", "__new__"):
                continue
            method = getattr(thing, name, None)
            if callable(method):
                call(method, wrong, *[self.pick() for _ in range(self.random.randrange(3))])
            if isinstance(made, thing):
                self.misuse_member(made, name)

    def misuse_member(self, instance: Any, name: str) -> None:
        member = call(getattr, instance, name)
        if name.startswith("__") and name not in ("__call__", "__init__", "__eq__", "__len__"):
            return
        if callable(member):
            self.call_once(member)
        else:
            call(setattr, instance, name, self.pick())
            call(delattr, instance, name)


def public(module: ModuleType) -> list[Any]:
    return [
        thing
        for name, thing in vars(module).items()
        if not name.startswith("_") and getattr(thing, "__module__", None) == module.__name__
    ]


def known_objects(things: list[Any]) -> list[Any]:
    """Return objects that are well-formed, found in a program that works."""
    from fasterapi._speedups.body import Shape
    from fasterapi._speedups.head import FieldLines
    from fasterapi._speedups.router import RouteSpec, RouteTrie

    app = FastAPI()

    @app.get("/{a}")
    async def endpoint(a: int, b: str = "", c: float = 1.0) -> dict[str, int]:
        return {}

    plans = [row.plan for row in app.plan_report() if row.plan is not None]
    app.build_middleware_stack()
    stack: Any = app._stack
    specs = [RouteSpec("/{a:int}/{b:path}", frozenset({"GET"}), plans[0])]
    integer = Shape("int")
    found: list[Any] = [
        *plans, RouteTrie(specs), *specs, FieldLines([(b"a", b"b")]), integer,
        Shape("list", integer), Shape("dict", Shape("any")), Shape("nullable", integer),
        Shape("model", names=("a",), fields=(integer,)), stack.door, stack.inner,
    ]  # fmt: skip
    classes = [thing for thing in things if inspect.isclass(thing)]
    # Also objects whose `__init__` was never called, as pickles and bad subclasses make them.
    made = [call(make) for thing in classes for make in (thing, lambda of=thing: of.__new__(of))]
    return found + [thing for thing in made if thing is not None]


def work(things: list[Any], known: list[Any], calls: int, seed: int) -> None:
    caller = Caller(seed, known)
    objects = [item for item in known if type(item).__module__.startswith(_speedups.__name__)]
    for _ in range(calls):
        caller.misuse(caller.random.choice(things))
        instance = caller.random.choice(objects)
        name = caller.random.choice(dir(type(instance)))
        if name not in ("__class__", "__reduce__", "__reduce_ex__"):
            caller.misuse_member(instance, name)


def run_threads(target: Callable[[int], None]) -> None:
    threads = [threading.Thread(target=target, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def main(calls: int, seed: int) -> None:
    faulthandler.enable()
    faulthandler.dump_traceback_later(300, exit=True)
    warnings.simplefilter("ignore")
    sys.unraisablehook = lambda _: None
    found = modules()
    things = [
        thing
        for module in found
        if module.__name__.rpartition(".")[2] not in WITHOUT_INSTANCES
        for thing in public(module)
    ]
    known = known_objects(things)
    work(things, known, calls, seed)
    run_threads(lambda number: work(things, known, calls // THREADS, seed + number + 1))
    print(f"survived {2 * calls} rounds on {len(things)} objects of {len(found)} modules")


if __name__ == "__main__":
    main(*(int(number) for number in (sys.argv[1:] + ["3000", "1"][len(sys.argv) - 1 :])[:2]))
