"""JSON without what RFC 8259 leaves open, for applications with ``strict_json``."""

import json
import math
from collections.abc import Callable
from typing import Any, NoReturn

__all__ = ("parse_strictly",)


def parse_strictly(raw: bytes) -> Any:
    """Return the value of a JSON text in UTF-8 with finite numbers and unique keys.

    Raises:
        JSONDecodeError: It is none. Two readers of the same text could understand it
            differently (RFC 8259, sections 4, 6 and 8).
    """
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        shown = raw.decode("utf-8", "replace")
        raise json.JSONDecodeError("Text is not UTF-8", shown, error.start) from None

    def refuse(problem: str) -> NoReturn:
        raise json.JSONDecodeError(problem, text, 0)

    return json.loads(
        text,
        parse_constant=lambda name: refuse(f"{name} is not a JSON number"),
        parse_float=_finite(refuse),
        object_pairs_hook=_unique(refuse),
    )


def _finite(refuse: Callable[[str], NoReturn]) -> Callable[[str], float]:
    def convert(digits: str) -> float:
        number = float(digits)
        return number if math.isfinite(number) else refuse("Number is too large")

    return convert


def _unique(refuse: Callable[[str], NoReturn]) -> Callable[[list[tuple[str, Any]]], dict[str, Any]]:
    def collect(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(pairs)
        return members if len(members) == len(pairs) else refuse("Key occurs twice in an object")

    return collect
