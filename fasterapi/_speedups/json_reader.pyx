"""Readers: JSON bytes to pydantic models, where that needs no judgement.

Request path: plan (body received) -> [here] -> plan.
Reference implementation: `validate_json` of pydantic-core.

A Reader accepts only what pydantic takes without a conversion: the JSON type that the field
names, known keys once each, constraints held. It makes the instances as pydantic-core does:
`__new__` of the class, `__dict__`, the set of given fields. Anything else it declines, and the
caller asks pydantic, which also words the errors. `fasterapi.dependencies.json_reading` decides
for which schemas there is a Reader.
"""

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from cpython.mem cimport PyMem_Calloc, PyMem_Free
from cpython.object cimport PyObject
from fasterapi._speedups.instances cimport new_instance, set_slot
from fasterapi._speedups.json_scan cimport (
    EXACT_DIGITS,
    FRACTION,
    INTEGER,
    NO_NUMBER,
    Cursor,
    is_plain_word,
    scan_number,
    skip_space,
    skip_word,
)
from libc.math cimport isfinite
from libc.string cimport memchr, memcmp, memcpy

from pydantic import BaseModel
from pydantic_core import from_json

cdef extern from "Python.h":
    object PyUnicode_New(Py_ssize_t size, Py_UCS4 maxchar)
    void* PyUnicode_DATA(object text)
    object PyUnicode_DecodeUTF8(const char* data, Py_ssize_t size, const char* errors)
    object PyUnicode_FromOrdinal(int character)
    Py_ssize_t PyUnicode_GET_LENGTH(object text)
    object PyBytes_FromStringAndSize(const char* data, Py_ssize_t size)
    dict PyDict_Copy(dict values)
    int PyDict_SetItem(dict values, object key, object value) except -1
    Py_ssize_t PyDict_GET_SIZE(dict values)
    set PySet_New(object names)
    double PyOS_string_to_double(const char* text, char** end, object overflow) except? -1.0

# The kinds of Reader; up to READS_NULLABLE in the order of `READS`.
cdef enum:
    READS_STR = 0
    READS_INT = 1
    READS_FLOAT = 2
    READS_BOOL = 3
    READS_NONE = 4
    READS_ANY = 5
    READS_LITERAL = 6
    READS_TEXT = 7
    READS_LIST = 8
    READS_DICT = 9
    READS_MODEL = 10
    READS_NULLABLE = 11

READS = ("str", "int", "float", "bool", "none", "any", "literal", "text", "list", "dict", "model",
         "nullable")

# What stands for a field that the JSON does not have.
cdef enum:
    IF_MISSING_DECLINE = 0
    IF_MISSING_CONSTANT = 1
    IF_MISSING_LIST = 2
    IF_MISSING_DICT = 3

MISSING = ("decline", "constant", "list", "dict")

cdef enum:
    MAX_DEPTH = 100   # pydantic-core reads 200 levels
    MAX_FIELDS = 64   # bits of the mask of fields seen

# Up to this an int is a float exactly.
cdef long long EXACT = 1_000_000_000_000_000
# All exact: a float holds powers of ten up to the 22nd.
cdef double[EXACT_DIGITS + 1] POWERS
for _power in range(EXACT_DIGITS + 1):
    POWERS[_power] = 10.0 ** _power

MISMATCH = object()
cdef tuple NOTHING = ()
cdef object SLOT_DICT = BaseModel.__dict__["__dict__"]
cdef object SLOT_SET = BaseModel.__dict__["__pydantic_fields_set__"]
cdef object SLOT_EXTRA = BaseModel.__dict__["__pydantic_extra__"]
cdef object SLOT_PRIVATE = BaseModel.__dict__["__pydantic_private__"]
cdef object OVERFLOW = OverflowError


@cython.final
cdef class Reader:
    """One kind of JSON value, and how it becomes a Python value.

    Args:
        kind: One of `READS`.
        item: Reader of list elements, dict values, or the inside of a nullable.
        limits: Constraints by their names in core schemas.
        known: The texts of kind ``"literal"``, each to the value it stands for.
        convert: Bound ``validate_json`` for the strings of kind ``"text"``.
    """

    def __init__(self, str kind not None, *, Reader item=None, dict limits=None,
                 dict known=None, object convert=None):
        if kind in ("list", "dict", "nullable") and item is None:
            raise ValueError(f"a reader of kind {kind!r} needs an item")
        self.kind = READS.index(kind)
        limits = limits or {}
        self.item = item
        self.known = known or {}
        self.convert = convert
        self.least_size = limits.get("min_length", 0)
        self.most_size = limits.get("max_length", 2**62)
        if kind == "int":
            self.least = max(limits.get("ge", -(2**62)), limits.get("gt", -(2**62)) + 1)
            self.most = min(limits.get("le", 2**62), limits.get("lt", 2**62) - 1)
        elif kind == "float":
            self.low, self.is_low_open = bound(limits, "ge", "gt", -float("inf"))
            self.high, self.is_high_open = bound(limits, "le", "lt", float("inf"))

    @staticmethod
    def of_model(model, list fields not None, *, bint skips_unknown):
        """Return the reader of a model.

        Args:
            model: The class; its ``__new__`` is called without arguments.
            fields: ``(name, key in JSON, reader, one of MISSING, constant default)`` of each.
            skips_unknown: Whether other keys are left out; else they are declined.
        """
        cdef Reader made = Reader("model")
        cdef Field* field
        if len(fields) > MAX_FIELDS:
            raise ValueError(f"at most {MAX_FIELDS} fields, got {len(fields)}")
        made.fields = <Field*>PyMem_Calloc(MAX_FIELDS, sizeof(Field))
        if made.fields == NULL:
            raise MemoryError
        made.owned = tuple(
            [(name, key.encode("ascii"), reader) for name, key, reader, *_ in fields]
        )
        for (name, key, reader), (*_, missing, _) in zip(made.owned, fields, strict=True):
            if not isinstance(reader, Reader):
                raise TypeError(f"reader of {name!r} is {reader!r}")
            field = &made.fields[made.count]
            field.name = <PyObject*>name
            field.key = PyBytes_AS_STRING(key)
            field.size = PyBytes_GET_SIZE(key)
            field.reader = <PyObject*>reader
            field.missing = MISSING.index(missing)
            made.every |= <unsigned long long>1 << made.count
            made.count += 1
        made.model = model
        made.skips_unknown = skips_unknown
        made.template = {item[0]: item[4] for item in fields}
        made.names = set(made.template)
        return made

    def __dealloc__(self):
        PyMem_Free(self.fields)

    def read(self, bytes data not None, default=None):
        """Return the value that *data* stands for, *default* where pydantic must decide."""
        value = self.read_bytes(data)
        return default if value is MISMATCH else value

    cdef object read_bytes(self, bytes data):
        """Return the value of the JSON *data*, or MISMATCH."""
        cdef Cursor cursor
        cursor.at = <const unsigned char*>PyBytes_AS_STRING(data)
        cursor.end = cursor.at + PyBytes_GET_SIZE(data)
        value = read_value(self, &cursor, 0)
        if value is not MISMATCH and (skip_space(&cursor) != 0 or cursor.at != cursor.end):
            return MISMATCH
        return value


def bound(dict limits not None, str closed, str exclusive, double nothing):
    """Return the bound of *limits* and whether the bound itself is refused."""
    if exclusive in limits:
        return limits[exclusive], True
    return limits.get(closed, nothing), False


cdef object read_value(Reader reader, Cursor* cursor, int depth):
    """Return the next value, or MISMATCH with the cursor anywhere."""
    cdef unsigned char first = skip_space(cursor)
    cdef int kind = reader.kind
    if kind == READS_NULLABLE:
        if first == c"n":
            return None if skip_word(cursor, b"null", 4) else MISMATCH
        reader = reader.item
        kind = reader.kind
    if first == c'"':
        if kind == READS_TEXT:
            return read_converted(reader, cursor)
        if kind != READS_STR and kind != READS_LITERAL and kind != READS_ANY:
            return MISMATCH
        cursor.at += 1
        text = read_text(cursor)
        if text is MISMATCH or kind == READS_ANY:
            return text
        if kind == READS_LITERAL:
            return reader.known.get(text, MISMATCH)
        return text if reader.least_size <= PyUnicode_GET_LENGTH(text) <= reader.most_size \
            else MISMATCH
    if first == c"{":
        if kind == READS_MODEL and depth < MAX_DEPTH:
            return read_model(reader, cursor, depth + 1)
        if (kind == READS_DICT or kind == READS_ANY) and depth < MAX_DEPTH:
            return read_dict(reader, cursor, depth + 1)
        return MISMATCH
    if first == c"[":
        if (kind == READS_LIST or kind == READS_ANY) and depth < MAX_DEPTH:
            return read_list(reader, cursor, depth + 1)
        return MISMATCH
    if first == c"t" and (kind == READS_BOOL or kind == READS_ANY):
        return True if skip_word(cursor, b"true", 4) else MISMATCH
    if first == c"f" and (kind == READS_BOOL or kind == READS_ANY):
        return False if skip_word(cursor, b"false", 5) else MISMATCH
    if first == c"n" and (kind == READS_NONE or kind == READS_ANY):
        return None if skip_word(cursor, b"null", 4) else MISMATCH
    if kind == READS_INT or kind == READS_FLOAT or kind == READS_ANY:
        return read_number(reader, cursor)
    return MISMATCH


cdef object read_text(Cursor* cursor):
    """Return the string whose opening quote has been read."""
    cdef const unsigned char* start = cursor.at
    cdef const unsigned char* at = start
    cdef const unsigned char* last_word = cursor.end - 8
    cdef unsigned char seen = 0
    cdef Py_ssize_t size
    while at <= last_word and is_plain_word(at):
        at += 8
    while at[0] != c'"':
        if at[0] < 0x20 or at[0] == c"\\":
            cursor.at = at
            return read_escaped(cursor, start) if at[0] == c"\\" else MISMATCH
        seen |= at[0]
        at += 1
    cursor.at = at + 1
    size = at - start
    if seen >= 0x80:
        try:
            return PyUnicode_DecodeUTF8(<const char*>start, size, NULL)
        except UnicodeDecodeError:
            return MISMATCH
    if size == 1:
        return PyUnicode_FromOrdinal(start[0])
    text = PyUnicode_New(size, 127)
    memcpy(PyUnicode_DATA(text), start, size)
    return text


cdef object read_escaped(Cursor* cursor, const unsigned char* start):
    """Return a string with escapes, decoded by pydantic-core; the cursor is at the first."""
    cdef const unsigned char* at = cursor.at
    while at[0] != c'"':
        if at[0] < 0x20 or (at[0] == c"\\" and at[1] == 0):
            return MISMATCH
        at += 2 if at[0] == c"\\" else 1
    cursor.at = at + 1
    try:
        return from_json(PyBytes_FromStringAndSize(<const char*>start - 1, at - start + 2))
    except ValueError:
        return MISMATCH


cdef object read_converted(Reader reader, Cursor* cursor):
    """Return what pydantic makes of a string without escapes; the cursor is at its quote."""
    cdef const unsigned char* start = cursor.at
    cdef const unsigned char* at = start + 1
    while at[0] != c'"':
        if at[0] < 0x20 or at[0] == c"\\":
            return MISMATCH
        at += 1
    cursor.at = at + 1
    try:
        return reader.convert(PyBytes_FromStringAndSize(<const char*>start, at + 1 - start))
    except ValueError:  # ValidationError is one
        return MISMATCH


cdef object read_number(Reader reader, Cursor* cursor):
    """Return the next number if it is one and the reader takes it."""
    cdef const unsigned char* start = cursor.at
    cdef bint is_negative = start[0] == c"-"
    cdef long long whole = 0
    cdef Py_ssize_t decimals = 0
    cdef double number
    cdef char* end = NULL
    cdef int found = scan_number(cursor, &whole, &decimals)
    if found == NO_NUMBER:
        return MISMATCH
    if found == INTEGER:
        if is_negative:
            if whole == 0:
                return MISMATCH  # 0 or -0.0: pydantic knows
            whole = -whole
        if reader.kind == READS_FLOAT:
            return fitting_float(reader, <double>whole) if -EXACT <= whole <= EXACT else MISMATCH
        if reader.kind == READS_INT and not reader.least <= whole <= reader.most:
            return MISMATCH
        return whole
    if reader.kind == READS_INT:
        return MISMATCH
    if found == FRACTION:
        # Both are exact, so the quotient is the nearest float (Clinger 1990).
        number = <double>whole / POWERS[decimals]
        return fitting_float(reader, -number if is_negative else number)
    try:
        number = PyOS_string_to_double(<const char*>start, &end, OVERFLOW)
    except (ValueError, OverflowError):
        return MISMATCH
    if end != <char*>cursor.at or not isfinite(number):
        return MISMATCH
    return fitting_float(reader, number)


cdef inline object fitting_float(Reader reader, double number):
    if reader.kind == READS_FLOAT:
        if number < reader.low or (reader.is_low_open and number == reader.low):
            return MISMATCH
        if number > reader.high or (reader.is_high_open and number == reader.high):
            return MISMATCH
    return number


cdef object read_list(Reader reader, Cursor* cursor, int depth):
    """Return the list whose bracket is next."""
    cdef list values = []
    cdef Reader item = reader.item if reader.kind == READS_LIST else reader
    cdef unsigned char after
    cursor.at += 1
    if skip_space(cursor) == c"]":
        cursor.at += 1
    else:
        while True:
            value = read_value(item, cursor, depth)
            if value is MISMATCH:
                return MISMATCH
            values.append(value)
            after = skip_space(cursor)
            cursor.at += 1
            if after == c"]":
                break
            if after != c",":
                return MISMATCH
    if reader.kind == READS_LIST and not reader.least_size <= len(values) <= reader.most_size:
        return MISMATCH
    return values


cdef object read_dict(Reader reader, Cursor* cursor, int depth):
    """Return the dict whose brace is next; keys that come twice are declined."""
    cdef dict values = {}
    cdef Py_ssize_t count = 0
    cdef Reader item = reader.item if reader.kind == READS_DICT else reader
    cdef unsigned char after
    cursor.at += 1
    if skip_space(cursor) == c"}":
        cursor.at += 1
        return values if reader.least_size == 0 else MISMATCH
    while True:
        if skip_space(cursor) != c'"':
            return MISMATCH
        cursor.at += 1
        key = read_text(cursor)
        if key is MISMATCH or skip_space(cursor) != c":":
            return MISMATCH
        cursor.at += 1
        value = read_value(item, cursor, depth)
        if value is MISMATCH:
            return MISMATCH
        PyDict_SetItem(values, key, value)
        count += 1
        after = skip_space(cursor)
        cursor.at += 1
        if after == c"}":
            break
        if after != c",":
            return MISMATCH
    if PyDict_GET_SIZE(values) != count or not reader.least_size <= count <= reader.most_size:
        return MISMATCH
    return values


cdef object read_model(Reader reader, Cursor* cursor, int depth):
    """Return the instance whose brace is next; keys that come twice are declined."""
    cdef dict values = PyDict_Copy(reader.template)
    cdef unsigned long long seen = 0
    cdef Py_ssize_t index = -1
    cdef Field* field
    cdef unsigned char after
    cursor.at += 1
    if skip_space(cursor) == c"}":
        cursor.at += 1
        return new_model(reader, values, seen)
    while True:
        if skip_space(cursor) != c'"':
            return MISMATCH
        cursor.at += 1
        index = find_key(reader, cursor, index + 1)
        if index >= 0:
            field = &reader.fields[index]
            if seen >> index & 1 or skip_space(cursor) != c":":
                return MISMATCH
            seen |= <unsigned long long>1 << index
            cursor.at += 1
            value = read_value(<Reader>field.reader, cursor, depth)
            if value is MISMATCH:
                return MISMATCH
            PyDict_SetItem(values, <object>field.name, value)
        elif not (reader.skips_unknown and is_unknown_skipped(cursor, depth)):
            return MISMATCH
        after = skip_space(cursor)
        cursor.at += 1
        if after == c"}":
            return new_model(reader, values, seen)
        if after != c",":
            return MISMATCH


cdef Py_ssize_t find_key(Reader reader, Cursor* cursor, Py_ssize_t expected) noexcept:
    """Return which field's key is next and go behind it; -1 if none.

    Most clients send keys in the order of the model, so the *expected* one is tried first.
    """
    cdef Py_ssize_t i
    if expected < reader.count and is_key(cursor, &reader.fields[expected]):
        return expected
    for i in range(reader.count):
        if is_key(cursor, &reader.fields[i]):
            return i
    return -1


cdef inline bint is_key(Cursor* cursor, Field* field) noexcept:
    """Return whether the field's key and a quote are next, and go behind them."""
    cdef Py_ssize_t size = field.size
    if cursor.end - cursor.at <= size or cursor.at[size] != c'"':
        return False
    if memcmp(cursor.at, field.key, size) != 0:
        return False
    cursor.at += size + 1
    return True


cdef bint is_unknown_skipped(Cursor* cursor, int depth) except -1:
    """Go behind an unknown key and its value; false where pydantic must look."""
    cdef const unsigned char* start = cursor.at
    key = read_text(cursor)
    # With an escape it may spell a field's name.
    if key is MISMATCH or memchr(start, c"\\", cursor.at - start) or skip_space(cursor) != c":":
        return False
    cursor.at += 1
    return read_value(ANYTHING, cursor, depth) is not MISMATCH


cdef object new_model(Reader reader, dict values, unsigned long long seen):
    """Return a new instance with *values*; MISMATCH if a field without a default is missing."""
    cdef set given
    cdef Py_ssize_t i
    cdef int missing
    if seen == reader.every:
        given = PySet_New(reader.names)
    else:
        given = set()
        for i in range(reader.count):
            missing = reader.fields[i].missing
            if seen >> i & 1:
                given.add(<object>reader.fields[i].name)
            elif missing == IF_MISSING_DECLINE:
                return MISMATCH
            elif missing != IF_MISSING_CONSTANT:
                empty = [] if missing == IF_MISSING_LIST else {}
                PyDict_SetItem(values, <object>reader.fields[i].name, empty)
    instance = new_instance(reader.model, NOTHING)
    set_slot(SLOT_DICT, instance, values)
    set_slot(SLOT_SET, instance, given)
    set_slot(SLOT_EXTRA, instance, None)
    set_slot(SLOT_PRIVATE, instance, None)
    return instance


cdef Reader ANYTHING = Reader("any")


cdef object read_any(bytes data):
    """Return what ``json.loads`` makes of *data*, or MISMATCH."""
    return ANYTHING.read_bytes(data)
