"""What may cross to a sub-interpreter. Its own program begins with this text: no imports here."""

__all__ = ("find_foreign",)

PLAIN = (int, float, complex, str, bytes, bool, type(None))


def find_foreign(value: object, where: str) -> str:
    """Return the place and type of what is not plain data in *value*, empty if all of it is.

    Args:
        value: Anything.
        where: What *value* itself is called.
    """
    kind = type(value)
    if kind in PLAIN:
        return ""
    parts: list[tuple[object, str]]
    if isinstance(value, dict) and kind is dict:
        parts = [(key, f"key {key!r:.50} of {where}") for key in value]
        parts += [(item, f"{where}[{key!r:.50}]") for key, item in value.items()]
    elif isinstance(value, list | tuple | set | frozenset) and kind.__module__ == "builtins":
        parts = [(item, f"{where}[{index}]") for index, item in enumerate(value)]
    else:
        return f"{where} is {kind.__module__}.{kind.__qualname__}".replace("builtins.", "")
    return next((text for part in parts if (text := find_foreign(*part))), "")
