"""Objects of compiled classes whose ``__init__`` was never called, each of their methods called.

``python tests/isolated/uninitialised.py``: a subclass that forgets ``super().__init__()`` has such
objects, and so have copies. They may raise whatever they like; a signal would end this process.
"""

import asyncio
import faulthandler
import inspect
import sys
from typing import Any

from crash import call, modules

SPECIAL = ("__call__", "__await__", "__iter__", "__next__", "__len__", "__repr__", "__hash__")
ARGUMENTS: list[tuple[Any, ...]] = [
    *((value,) * count for count in range(5) for value in (None, b"x", "x", 1)),
    ({"type": "http.response.start", "status": 200},),
    (lambda *_: 1,),
]


def misuse(instance: Any) -> int:
    """Call all methods of *instance*; return their number."""
    names = [name for name in dir(type(instance)) if not name.startswith("__") or name in SPECIAL]
    for name in names:
        member = call(getattr, instance, name)
        for arguments in ARGUMENTS if callable(member) else ():
            call(step, member, *arguments)
    return len(names)


def step(member: Any, *arguments: Any) -> None:
    result = member(*arguments)
    if hasattr(result, "__await__") and not inspect.iscoroutine(result):
        next(result.__await__())
    elif inspect.iscoroutine(result):
        result.send(None)


async def main() -> None:
    faulthandler.enable()
    classes = {
        thing
        for module in modules()
        for thing in vars(module).values()
        if inspect.isclass(thing) and thing.__module__ == module.__name__
    }
    instances = [call(cls.__new__, cls) for cls in classes]
    called = sum(misuse(instance) for instance in instances if instance is not None)
    print(f"survived {called} members of {len(classes)} classes")


if __name__ == "__main__":
    sys.unraisablehook = lambda _: None
    asyncio.run(main())
