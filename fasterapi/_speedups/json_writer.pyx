"""Writers: pydantic models to JSON bytes, as they lie in memory.

Request path: plan (the endpoint has returned a model) -> encoder -> [here] -> encoder.
Reference implementation: `to_json` of pydantic-core.

A Writer knows the serialisation schema of a field. It writes a value whose parts all have
exactly the types that the schema names, and declines any other: the caller asks pydantic, which
converts and warns. `fasterapi._compat.json_writing` decides for which schemas there is one.
"""

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.dict cimport PyDict_Next
from cpython.mem cimport PyMem_Calloc, PyMem_Free, PyMem_Malloc, PyMem_Realloc
from cpython.object cimport PyObject
from fasterapi._speedups.body cimport encode_native, is_sqlalchemy_key
from fasterapi._speedups.json_scan cimport is_plain_word
from libc.limits cimport LLONG_MIN
from libc.math cimport fabs, isfinite
from libc.string cimport memcpy

from orjson import dumps

cdef extern from "Python.h":
    bint PyUnicode_IS_COMPACT_ASCII(object text)
    const void* PyUnicode_DATA(object text)
    Py_ssize_t PyUnicode_GET_LENGTH(object text)
    const char* PyUnicode_AsUTF8AndSize(object text, Py_ssize_t* size) except NULL
    object PyObject_GenericGetDict(object value, void* context)
    long long PyLong_AsLongLongAndOverflow(object value, int* overflow) except? -1
    Py_ssize_t PyDict_GET_SIZE(dict values)
    int PyUnicode_Compare(PyObject* left, PyObject* right) except? -1
    bint PyUnicode_CheckExact(PyObject* value)
    Py_ssize_t PyList_GET_SIZE(object values)
    PyObject* PyList_GET_ITEM(object values, Py_ssize_t index)

# The kinds of Writer, in the order of `WRITES`.
cdef enum:
    WRITES_STR = 0
    WRITES_INT = 1
    WRITES_FLOAT = 2
    WRITES_BOOL = 3
    WRITES_NONE = 4
    WRITES_OTHER = 5
    WRITES_ENUM = 6
    WRITES_LIST = 7
    WRITES_DICT = 8
    WRITES_MODEL = 9
    WRITES_NULLABLE = 10
    WRITES_ANY = 11

WRITES = ("str", "int", "float", "bool", "none", "other", "enum", "list", "dict", "model",
          "nullable", "any")

cdef enum:
    MAX_DEPTH = 100   # pydantic-core writes 255 levels
    FIRST_SIZE = 512
    LARGE_SIZE = 60_000  # above, room comes with what is written
    DECIMALS = 6      # more are left to orjson

# A decimal number of up to 15 digits comes back from a float unchanged.
cdef double EXACT = 1e15
cdef double[DECIMALS + 1] POWERS
for _power in range(DECIMALS + 1):
    POWERS[_power] = 10.0 ** _power
cdef char* HEX = b"0123456789abcdef"


@cython.final
cdef class Writer:
    """One kind of value, and how it is written.

    Args:
        kind: One of `WRITES`.
        item: Writer of list elements, dict values, or the inside of a nullable.
        kind_of: Class of values of kind ``"other"``.
        convert: Bound ``to_json`` for values of kind ``"other"``.
        members: Members of kind ``"enum"``, each with its JSON bytes.
    """

    def __init__(self, str kind not None, *, Writer item=None, object kind_of=None,
                 object convert=None, tuple members not None=()):
        if kind in ("list", "dict", "nullable") and item is None:
            raise ValueError(f"a writer of kind {kind!r} needs an item")
        self.kind = WRITES.index(kind)
        self.item = item
        self.kind_of = kind_of
        self.convert = convert
        self.owned = tuple(members)
        self.known = {id(member): json for member, json in members}
        self.expected = FIRST_SIZE

    @staticmethod
    def of_model(model, list fields not None):
        """Return the writer of a model.

        Args:
            model: The class; instances of a subclass are declined.
            fields: ``(name, start, writer)`` of each; *start* is its key with all
                around it, as bytes.
        """
        cdef Writer made = Writer("model")
        cdef Part* part
        made.parts = <Part*>PyMem_Calloc(len(fields) + 1, sizeof(Part))
        if made.parts == NULL:
            raise MemoryError
        made.owned = tuple([(name, bytes(start), writer) for name, start, writer in fields])
        for name, start, writer in made.owned:
            if not isinstance(writer, Writer):
                raise TypeError(f"writer of {name!r} is {writer!r}")
            part = &made.parts[made.count]
            part.name = <PyObject*>name
            part.start = PyBytes_AS_STRING(start)
            part.size = PyBytes_GET_SIZE(start)
            part.writer = <PyObject*>writer
            made.count += 1
        made.kind_of = model
        return made

    def __dealloc__(self):
        PyMem_Free(self.parts)

    def write(self, value):
        """Return the JSON of *value*, or None where pydantic must decide."""
        return self.write_value(value)

    cdef bytes write_value(self, object value):
        """Return the JSON of *value*, or None where pydantic must decide."""
        cdef Buffer out
        open_buffer(&out, self.expected)
        try:
            if not write(self, &out, value, 0):
                return None
            if self.expected < out.size < LARGE_SIZE:
                self.expected = out.size + out.size // 4
            return PyBytes_FromStringAndSize(out.data, out.size)
        finally:
            PyMem_Free(out.data)


cdef int open_buffer(Buffer* out, Py_ssize_t room) except -1:
    """Give *out* its memory, which `PyMem_Free` of its `data` takes back."""
    out.size = 0
    out.room = room
    out.is_jsonable = False
    out.is_copied = False
    out.data = <char*>PyMem_Malloc(room)
    if out.data == NULL:
        raise MemoryError
    return 0


cdef inline int need(Buffer* out, Py_ssize_t size) except -1:
    """See to it that there is room for *size* bytes more."""
    if out.room - out.size < size:
        grow(out, size)
    return 0


cdef int grow(Buffer* out, Py_ssize_t size) except -1:
    cdef Py_ssize_t room = (out.size + size) * 2
    cdef char* data = <char*>PyMem_Realloc(out.data, room)
    if data == NULL:
        raise MemoryError
    out.data = data
    out.room = room
    return 0


cdef int put(Buffer* out, const char* data, Py_ssize_t size) except -1:
    need(out, size)
    memcpy(out.data + out.size, data, size)
    out.size += size
    return 0


cdef bint write(Writer writer, Buffer* out, object value, int depth) except -1:
    """Write *value*; false where it is not what the writer knows."""
    cdef int kind = writer.kind
    if kind == WRITES_NULLABLE:
        if value is None:
            put(out, b"null", 4)
            return True
        writer = writer.item
        kind = writer.kind
    if kind == WRITES_STR:
        return type(value) is str and write_text(out, value)
    if kind == WRITES_INT:
        return type(value) is int and write_int(out, value)
    if kind == WRITES_FLOAT:
        return type(value) is float and write_float(out, value)
    if kind == WRITES_BOOL:
        if value is True:
            put(out, b"true", 4)
        elif value is False:
            put(out, b"false", 5)
        else:
            return False
        return True
    if kind == WRITES_NONE:
        put(out, b"null", 4)
        return value is None
    if depth >= MAX_DEPTH:
        return False
    if kind == WRITES_MODEL:
        return type(value) is writer.kind_of and write_model(writer, out, value, depth + 1)
    if kind == WRITES_LIST:
        return type(value) is list and write_list(writer.item, out, value, depth + 1)
    if kind == WRITES_DICT:
        return type(value) is dict and write_dict(writer.item, out, value, depth + 1)
    return write_other(writer, out, value)


cdef bint write_other(Writer writer, Buffer* out, object value) except -1:
    """Write a value for which pydantic knows the text."""
    cdef bytes text
    if writer.kind == WRITES_ANY:
        text = encode_native(value)
        if text is None:
            return False
    elif writer.kind == WRITES_ENUM:
        text = writer.known.get(<Py_ssize_t><void*>value)
        if text is None:
            return False
    elif type(value) is writer.kind_of:
        text = writer.convert(value)
    else:
        return False
    put(out, PyBytes_AS_STRING(text), PyBytes_GET_SIZE(text))
    return True


cdef bint write_model(Writer writer, Buffer* out, object instance, int depth) except -1:
    """Write the fields of *instance*: all of them, in their order, nothing else."""
    cdef dict values = PyObject_GenericGetDict(instance, NULL)
    cdef PyObject* name = NULL
    cdef PyObject* value = NULL
    cdef Py_ssize_t position = 0
    cdef Py_ssize_t i = 0
    cdef Part* part
    if PyDict_GET_SIZE(values) != writer.count:
        return False
    while PyDict_Next(values, &position, &name, &value):
        if i >= writer.count:
            return False
        part = &writer.parts[i]
        if name != part.name and (
            not PyUnicode_CheckExact(name) or PyUnicode_Compare(name, part.name) != 0
        ):
            return False
        put(out, part.start, part.size)
        item = <object>value  # held: `convert` may run Python code
        if not write(<Writer>part.writer, out, item, depth):
            return False
        i += 1
    if i == 0:
        put(out, b"{", 1)
    put(out, b"}", 1)
    return i == writer.count


cdef bint write_list(Writer item, Buffer* out, list values, int depth) except -1:
    cdef Py_ssize_t i = 0
    put(out, b"[", 1)
    while i < PyList_GET_SIZE(values):
        if i:
            put(out, b",", 1)
        value = <object>PyList_GET_ITEM(values, i)
        if not write(item, out, value, depth):
            return False
        i += 1
    put(out, b"]", 1)
    return True


cdef bint write_dict(Writer item, Buffer* out, dict values, int depth) except -1:
    cdef PyObject* key = NULL
    cdef PyObject* value = NULL
    cdef Py_ssize_t position = 0
    cdef bint is_first = True
    put(out, b"{", 1)
    while PyDict_Next(values, &position, &key, &value):
        if out.is_jsonable and is_sqlalchemy_key(key):
            continue
        if not is_first:
            put(out, b",", 1)
        is_first = False
        if not PyUnicode_CheckExact(key) or not write_text(out, <object>key):
            return False
        put(out, b":", 1)
        held = <object>value
        if not write(item, out, held, depth):
            return False
    put(out, b"}", 1)
    return True


cdef bint write_text(Buffer* out, object text) except -1:
    """Write a str; false for one that is not valid Unicode."""
    cdef const unsigned char* data
    cdef Py_ssize_t size = 0
    cdef Py_ssize_t i = 0
    cdef Py_ssize_t start
    cdef char* to
    if PyUnicode_IS_COMPACT_ASCII(text):
        data = <const unsigned char*>PyUnicode_DATA(text)
        size = PyUnicode_GET_LENGTH(text)
    else:
        try:
            data = <const unsigned char*>PyUnicode_AsUTF8AndSize(text, &size)
        except UnicodeEncodeError:
            return False
    need(out, size + 2)
    out.data[out.size] = c'"'
    out.size += 1
    while i < size:
        start = i
        while i + 8 <= size and is_plain_word(data + i):
            i += 8
        while i < size and data[i] >= 0x20 and data[i] != c'"' and data[i] != c"\\":
            i += 1
        memcpy(out.data + out.size, data + start, i - start)
        out.size += i - start
        if i < size:
            need(out, size - i + 7)
            to = out.data + out.size
            out.size += write_escape(to, data[i])
            i += 1
    out.data[out.size] = c'"'
    out.size += 1
    return True


cdef Py_ssize_t write_escape(char* to, unsigned char byte) noexcept:
    """Write one escaped character and return the size."""
    cdef char short = 0
    if byte == c'"' or byte == c"\\":
        short = <char>byte
    elif byte == c"\n":
        short = c"n"
    elif byte == c"\r":
        short = c"r"
    elif byte == c"\t":
        short = c"t"
    elif byte == 8:
        short = c"b"
    elif byte == 12:
        short = c"f"
    to[0] = c"\\"
    if short:
        to[1] = short
        return 2
    to[1] = c"u"
    to[2] = to[3] = c"0"
    to[4] = HEX[byte >> 4]
    to[5] = HEX[byte & 15]
    return 6


cdef bint write_int(Buffer* out, object value) except -1:
    """Write an int of 64 bits; false for a longer one."""
    cdef int overflow = 0
    cdef long long number = PyLong_AsLongLongAndOverflow(value, &overflow)
    if overflow or number == LLONG_MIN:
        return False
    need(out, 24)
    if number < 0:
        out.data[out.size] = c"-"
        out.size += 1
        number = -number
    put_digits(out, <unsigned long long>number)
    return True


cdef inline void put_digits(Buffer* out, unsigned long long number) noexcept:
    """Write the digits of *number*; there must be room for 20."""
    cdef char[20] digits
    cdef int at = 20
    while True:
        at -= 1
        digits[at] = c"0" + <char>(number % 10)
        number //= 10
        if number == 0:
            break
    memcpy(out.data + out.size, &digits[at], 20 - at)
    out.size += 20 - at


cdef bint write_float(Buffer* out, double value) except -1:
    """Write a float with the fewest digits that give it back; false if it is not finite.

    If a decimal number of at most 15 digits is nearest to this float, no shorter one is, and
    no other of that length. So short ones need no search: they are tried.
    """
    cdef double whole = fabs(value)
    cdef double scaled
    cdef int decimals
    cdef bytes text
    if not isfinite(value):
        return False
    if 0.001 <= whole < 1e9:
        for decimals in range(DECIMALS + 1):
            scaled = whole * POWERS[decimals]
            if scaled >= EXACT:
                break
            scaled = <double><long long>(scaled + 0.5)
            if scaled / POWERS[decimals] == whole:
                put_decimal(out, value < 0, <unsigned long long>scaled, decimals)
                return True
    text = repr(value).encode("ascii") if out.is_jsonable else dumps(value)
    put(out, PyBytes_AS_STRING(text), PyBytes_GET_SIZE(text))
    return True


cdef int put_decimal(Buffer* out, bint is_negative, unsigned long long digits,
                     int decimals) except -1:
    """Write *digits*, the last *decimals* of them behind a point."""
    cdef unsigned long long power = <unsigned long long>POWERS[decimals]
    cdef unsigned long long rest = digits % power
    cdef int i
    need(out, 26)
    if is_negative:
        out.data[out.size] = c"-"
        out.size += 1
    put_digits(out, digits // power)
    out.data[out.size] = c"."
    out.size += 1
    if decimals == 0:
        out.data[out.size] = c"0"
        out.size += 1
        return 0
    for i in range(decimals - 1, -1, -1):
        out.data[out.size + i] = c"0" + <char>(rest % 10)
        rest //= 10
    out.size += decimals
    return 0
