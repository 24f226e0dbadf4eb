"""Values of any kind as plain data, or as JSON in one go.

Request path: plan (the endpoint has returned) -> encoder -> [here] -> encoder.
Reference implementation: the handlers of `fasterapi.encoders`, then ``json.dumps``.

`Jsonable.encode` is `fasterapi.encoders.jsonable_encoder` for containers, scalars and the types
that have an encoder; the rest it gives to Python. `Jsonable.write` makes no containers in
between: it writes what has one meaning only, runs no code of the program, and declines all else.
"""

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.mem cimport PyMem_Free
from cpython.object cimport PyObject
from fasterapi._speedups.body cimport is_sqlalchemy_key
from fasterapi._speedups.json_writer cimport (
    Buffer,
    Writer,
    open_buffer,
    put,
    write,
    write_float,
    write_int,
    write_text,
)

from collections import deque
from types import GeneratorType

from orjson import dumps

# What a `Kind` says about a class.
cdef enum:
    KIND_UNKNOWN = 0
    KIND_ENCODED = 1
    KIND_ORJSON = 2
    KIND_CLOCK = 3
    LAST_ENCODED = 3
    KIND_TEXT = 4
    KIND_ENUM = 5
    KIND_DATACLASS = 6
    KIND_MODEL = 7

# "orjson": of the encoded ones, those whose text orjson writes; "clock": without a time zone.
KINDS = ("unknown", "encoded", "orjson", "clock", "text", "enum", "dataclass", "model")

cdef enum:
    MAX_DEPTH = 100   # deeper values are Python's, whose recursion has a limit
    FIRST_SIZE = 512
    MOST_KINDS = 4096

cdef object DEQUE = deque
cdef object GENERATOR = GeneratorType


@cython.final
cdef class Kind:
    """How instances of a class are written, and of no subclass.

    Args:
        kind: One of `KINDS`.
        encoder: For ``"encoded"``, ``"orjson"`` and ``"clock"``: what the table of encoders must
            have for the class; gives a scalar.
        names: For ``"dataclass"``: the fields.
        writer: For ``"model"``: writes an instance; None if only `serializer` knows how.
        serializer: For ``"model"``: the class's own, as long as this is right.
    """

    def __init__(self, str kind not None, *, object encoder=None, tuple names not None=(),
                 Writer writer=None, object serializer=None):
        self.kind = KINDS.index(kind)
        self.encoder = encoder
        self.names = names
        self.writer = writer
        self.serializer = serializer


@cython.final
cdef class Jsonable:
    """The table of classes, as far as they have been met.

    Args:
        encoders: Encoder of each type, which programs may change.
        describe: Function giving the `Kind` of a class, or None while it is not known yet.
        encode_other: Function ``(value, options)`` that encodes what `encode` does not know.
        default_options: For `encode_other`, where nobody chose any.
    """

    def __init__(self, dict encoders not None, *, object describe, object encode_other,
                 object default_options):
        self.encoders = encoders
        self.kinds = {}
        self.describe = describe
        self.encode_other = encode_other
        self.defaults = Options(default_options, False, True)

    def encode(self, value, options, *, bint exclude_none, bint sqlalchemy_safe):
        """Return *value* as plain data.

        Args:
            value: Anything.
            options: For `encode_other`; nothing to include, exclude or encode in another way.
            exclude_none: Whether keys with None are left out.
            sqlalchemy_safe: Whether keys that start with ``_sa`` are left out.
        """
        if options is self.defaults.rest:
            return encode(self, value, self.defaults, 0)
        return encode(self, value, Options(options, exclude_none, sqlalchemy_safe), 0)

    cdef object encode_value(self, object value):
        """Return *value* as plain data, encoded with no options."""
        return encode(self, value, self.defaults, 0)

    def write(self, value):
        """Return the JSON of *value*, encoded with no options, or None where Python must."""
        return self.write_value(value)

    cdef bytes write_value(self, object value):
        """Return the JSON of *value*, encoded with no options, or None where Python must."""
        cdef Buffer out
        open_buffer(&out, FIRST_SIZE)
        out.is_jsonable = True
        try:
            if write_jsonable(self, &out, value, 0):
                return PyBytes_FromStringAndSize(out.data, out.size)
            return None
        finally:
            PyMem_Free(out.data)

    cdef Kind kind_of(self, object cls):
        """Return what is known about instances of *cls*; None if nothing."""
        cdef Kind kind = self.kinds.get(cls)
        if kind is None:
            kind = self.describe(cls)
            if kind is None:
                return None
            if len(self.kinds) >= MOST_KINDS:  # classes made in a loop
                self.kinds.clear()
            self.kinds[cls] = kind
        if kind.kind == KIND_UNKNOWN:
            return None
        if kind.encoder is not None and self.encoders.get(cls) is not kind.encoder:
            return None
        if kind.kind == KIND_MODEL and cls.__pydantic_serializer__ is not kind.serializer:
            return None
        return kind


@cython.final
@cython.freelist(8)
cdef class Options:
    """What holds for a value and all its parts."""

    def __init__(self, object rest, bint exclude_none, bint sqlalchemy_safe):
        self.rest = rest
        self.exclude_none = exclude_none
        self.sqlalchemy_safe = sqlalchemy_safe


cdef object encode(Jsonable self, object value, Options options, int depth):
    """Return *value* as plain data."""
    cdef object cls = type(value)
    if cls is str or cls is int or cls is float or value is None or cls is bool:
        return value
    if depth < MAX_DEPTH:
        if cls is dict:
            return encode_dict(self, <dict>value, options, depth + 1)
        if cls is list:
            return [encode(self, item, options, depth + 1) for item in <list>value]
        if cls is tuple:
            return [encode(self, item, options, depth + 1) for item in <tuple>value]
        if cls is set or cls is frozenset or cls is DEQUE or cls is GENERATOR:
            return [encode(self, item, options, depth + 1) for item in value]
        return encode_object(self, value, options, depth + 1)
    return self.encode_other(value, options.rest)


cdef object encode_object(Jsonable self, object value, Options options, int depth):
    """Return a value that is no container as plain data."""
    cdef Kind kind = self.kind_of(type(value))
    if kind is not None:
        if kind.kind <= LAST_ENCODED:
            return kind.encoder(value)
        if kind.kind == KIND_TEXT:
            return str(value)
        if kind.kind == KIND_ENUM:
            return value._value_
        if kind.kind == KIND_MODEL and options is self.defaults:
            value = kind.serializer.to_python(value, mode="json", by_alias=True)
            return encode(self, value, options, depth)
    return self.encode_other(value, options.rest)


cdef dict encode_dict(Jsonable self, dict values, Options options, int depth):
    cdef dict encoded = {}
    for key, value in values.items():
        if value is None and options.exclude_none:
            continue
        if type(key) is not str:
            if options.sqlalchemy_safe and isinstance(key, str) and key.startswith("_sa"):
                continue
            key = encode(self, key, options, depth)
        elif options.sqlalchemy_safe and is_sqlalchemy_key(<PyObject*>key):
            continue
        encoded[key] = encode(self, value, options, depth)
    return encoded


cdef bint write_jsonable(Jsonable self, Buffer* out, object value, int depth) except -1:
    """Write *value*; false where it may not be what it looks like."""
    cdef object cls = type(value)
    if cls is str:
        return write_text(out, value)
    if value is None:
        put(out, b"null", 4)
        return True
    if cls is int:
        return write_int(out, value)
    if cls is float:
        return write_float(out, value)
    if cls is bool:
        if value is True:
            put(out, b"true", 4)
        else:
            put(out, b"false", 5)
        return True
    if depth >= MAX_DEPTH:
        return False
    if cls is dict:
        return write_dict(self, out, <dict>value, depth + 1)
    if cls is list or cls is tuple:
        return write_items(self, out, value, depth + 1)
    if cls is set or cls is frozenset or cls is DEQUE:
        # A copy of a set may have another order.
        return not out.is_copied and write_items(self, out, value, depth + 1)
    return write_object(self, out, value, depth)


cdef bint write_dict(Jsonable self, Buffer* out, dict values, int depth) except -1:
    cdef bint is_first = True
    put(out, b"{", 1)
    for key, value in values.items():
        if is_sqlalchemy_key(<PyObject*>key):
            continue
        if not is_first:
            put(out, b",", 1)
        is_first = False
        if type(key) is int:
            put(out, b'"', 1)
            if not write_int(out, key):
                return False
            put(out, b'"', 1)
        elif type(key) is not str or not write_text(out, key):
            return False
        put(out, b":", 1)
        if not write_jsonable(self, out, value, depth):
            return False
    put(out, b"}", 1)
    return True


cdef bint write_items(Jsonable self, Buffer* out, object values, int depth) except -1:
    cdef bint is_first = True
    put(out, b"[", 1)
    for value in values:
        if not is_first:
            put(out, b",", 1)
        is_first = False
        if not write_jsonable(self, out, value, depth):
            return False
    put(out, b"]", 1)
    return True


cdef bint write_object(Jsonable self, Buffer* out, object value, int depth) except -1:
    """Write a value of a class that `describe` knows."""
    cdef Kind kind = self.kind_of(type(value))
    cdef bytes text
    if kind is None:
        return False
    if kind.kind == KIND_MODEL:
        return kind.writer is not None and write(kind.writer, out, value, depth)
    if kind.kind == KIND_DATACLASS:
        return write_dataclass(self, kind, out, value, depth + 1)
    if kind.kind == KIND_ORJSON or (kind.kind == KIND_CLOCK and value.tzinfo is None):
        text = dumps(value)
        put(out, PyBytes_AS_STRING(text), PyBytes_GET_SIZE(text))
        return True
    if kind.kind == KIND_ENUM:
        value = value._value_
    elif kind.kind == KIND_TEXT:
        value = str(value)
    else:
        value = kind.encoder(value)
    return is_scalar(value) and write_jsonable(self, out, value, depth)


cdef inline bint is_scalar(object value) except -1:
    cdef object cls = type(value)
    return cls is str or cls is int or cls is float or cls is bool or value is None


cdef bint write_dataclass(
    Jsonable self, Kind kind, Buffer* out, object value, int depth
) except -1:
    """Write what `dataclasses.asdict` gives."""
    cdef bint was_copied = out.is_copied
    cdef bint is_first = True
    out.is_copied = True
    put(out, b"{", 1)
    for name in kind.names:
        if not is_first:
            put(out, b",", 1)
        is_first = False
        write_text(out, name)
        put(out, b":", 1)
        if not write_jsonable(self, out, getattr(value, name), depth):
            return False
    put(out, b"}", 1)
    out.is_copied = was_copied
    return True
