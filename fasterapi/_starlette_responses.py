"""Starlette's response classes, with compiled methods in the place of its own.

Handlers that make a response themselves get Starlette's class, by identity: programs and packages
compare types. Its constructors are half of such a request's cost, so it is them that are
exchanged, once, when an application's modules are imported. Each replacement takes and gives what
the original does, for every input (`_speedups/starlette_responses.pyx`); classes, instances,
signatures and everything else stay as they are.

A method is left alone if its text is not one that the tests have compared with the replacement
(a later Starlette, or somebody was here before), and all of them are with
``FASTERAPI_GENUINE_STARLETTE=1`` in the environment. The original is ``__wrapped__`` of the
replacement; `restore` puts all originals back.
"""

import inspect
import linecache
import os
from collections.abc import Callable
from functools import update_wrapper
from hashlib import sha256
from types import FunctionType
from typing import Any, Final

from starlette import responses

from fasterapi._speedups.starlette_responses import REPLACEMENTS

__all__ = ("SWITCH", "install", "is_replacement", "replaced", "restore")

SWITCH: Final = "FASTERAPI_GENUINE_STARLETTE"

# Of Starlette 1.10.0: the first half of the SHA-256 of each text that was compared.
_COMPARED: Final[dict[str, tuple[str, ...]]] = {
    "Response.__init__": ("f5efd245468f8847cde38511f0418e1c",),
    "Response.render": ("5ab2d29e7d87a370698b970b6eaa3d93",),
    "Response.init_headers": ("9b5dd969a77f695f03db5f8238b6037a",),
    "Response.headers": ("177b8651c3885d391fb618facb6f16da",),
    "Response.set_cookie": ("2eda013839af005d2272b2d80f4e9d8e",),
    "JSONResponse.__init__": ("d7519b2a7478ddb35fe9f9e91078f4de",),
    "JSONResponse.render": ("dd703c98050f61e7525bfb78e8928853",),
    "RedirectResponse.__init__": ("a4eb9179faae2554fca0afe4d7a530c5",),
    "StreamingResponse.__init__": ("8d8be20c1d2dedbdd7bab3f39a006634",),
    "MutableHeaders.__setitem__": ("194629c475b22dff7dc07720466ef241",),
}

_originals: dict[str, Any] = {}


def install() -> None:
    """Exchange the methods whose text is known."""
    if os.environ.get(SWITCH, "") not in ("", "0"):
        return
    for name, compiled in REPLACEMENTS.items():
        owner, attribute, present = _place(name)
        if _digest(present) in _COMPARED[name]:
            _originals[name] = present
            setattr(owner, attribute, _in_place_of(present, compiled))


def restore() -> None:
    """Put Starlette's own methods back, except where somebody else has put another since."""
    for name in replaced():
        owner, attribute, _ = _place(name)
        setattr(owner, attribute, _originals[name])


def replaced() -> list[str]:
    """Return the names of the methods that are compiled now, such as ``Response.render``."""
    return sorted(name for name in REPLACEMENTS if is_replacement(_place(name)[2]))


def _place(name: str) -> tuple[type[Any], str, Any]:
    """Return the class, the attribute's name, and what is there now."""
    class_name, attribute = name.split(".")
    owner = getattr(responses, class_name)
    return owner, attribute, vars(owner).get(attribute)


def is_replacement(found: Any) -> bool:
    """Return whether an attribute of a class is one of the compiled methods."""
    function = _function(found)
    return any(function is compiled for compiled in REPLACEMENTS.values())


def _in_place_of(original: Any, compiled: Callable[..., Any]) -> Any:
    """Return *compiled*, which looks like *original*, in the form in which a class has that."""
    update_wrapper(compiled, _function(original))
    return property(compiled) if isinstance(original, property) else compiled


def _function(found: Any) -> Any:
    return found.fget if isinstance(found, property) else found


def _digest(found: Any) -> str:
    """Return the digest of a method's text, empty if there is none to be seen."""
    function = _function(found)
    if not isinstance(function, FunctionType):
        return ""
    code = function.__code__
    lines = linecache.getlines(code.co_filename, function.__globals__)[code.co_firstlineno - 1 :]
    text = "".join(inspect.getblock(lines)) if lines else ""
    return sha256(text.encode()).hexdigest()[:32]
