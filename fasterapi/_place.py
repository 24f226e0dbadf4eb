"""Where a wrong definition is, said in the notes of the error that it raises."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ("add_place", "placed")


def add_place(error: Exception, place: str) -> None:
    """Add *place* to the notes of *error*, which tracebacks show below the message.

    COMPAT: the message itself stays FastAPI's, because programs and tests compare it.

    Args:
        error: What was raised; notes are listed in the order of the calls, innermost first.
        place: Such as ``parameter 'a' of read_item (/app/main.py:12)``.
    """
    if place not in getattr(error, "__notes__", ()) and place not in str(error):
        error.add_note(place)


@contextmanager
def placed(describe: Callable[[], str]) -> Iterator[None]:
    """Add what *describe* returns to exceptions of the ``with`` block."""
    try:
        yield
    except Exception as error:
        add_place(error, describe())
        raise
