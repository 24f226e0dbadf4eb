"""A handler's value as JSON bytes.

Request path: plan (handler's value) -> [here] -> exchange (status, headers, bytes).
Reference implementation: pydantic's own validation and `to_json` for a `Shape`,
`json.dumps` as Starlette's JSONResponse calls it for `encode_native`.

A `Shape` is the compiled question "would validating and serialising this value give
exactly what orjson gives for it as it stands?". The answer may be a wrong no (the
caller then takes the reference path), never a wrong yes.
"""

cimport cython
from cpython.dict cimport PyDict_Next, PyDict_Size
from cpython.iterator cimport PyIter_Check
from cpython.list cimport PyList_GET_SIZE
from cpython.object cimport PyObject
from libc.math cimport fabs, isfinite

from orjson import JSONEncodeError, dumps

cdef extern from "Python.h":
    int PyUnicode_Compare(PyObject* left, PyObject* right) except? -1
    long long PyLong_AsLongLongAndOverflow(PyObject* value, int* overflow) except? -1
    object PyObject_GenericGetDict(object value, void* context)
    bint PyUnicode_CheckExact(PyObject* value)
    bint PyLong_CheckExact(PyObject* value)
    bint PyFloat_CheckExact(PyObject* value)
    double PyFloat_AS_DOUBLE(PyObject* value)
    PyObject* PyTuple_GET_ITEM(object values, Py_ssize_t index)
    PyObject* PyList_GET_ITEM(object values, Py_ssize_t index)
    Py_UCS4 PyUnicode_READ_CHAR(object text, Py_ssize_t index)
    Py_ssize_t PyUnicode_GET_LENGTH(object text)

# The kinds of shape. Order does not matter; the scalars come first for the switch.
cdef enum:
    KIND_STR = 0
    KIND_INT = 1
    KIND_FLOAT = 2
    KIND_BOOL = 3
    KIND_NONE = 4
    LAST_SCALAR = 4
    KIND_NULLABLE = 5
    KIND_LIST = 6
    KIND_DICT = 7
    KIND_MODEL = 8
    KIND_ANY = 9

KINDS = {
    "str": KIND_STR,
    "int": KIND_INT,
    "float": KIND_FLOAT,
    "bool": KIND_BOOL,
    "none": KIND_NONE,
    "nullable": KIND_NULLABLE,
    "list": KIND_LIST,
    "dict": KIND_DICT,
    "model": KIND_MODEL,
    "any": KIND_ANY,
}

# orjson refuses more than 254 levels; a little less keeps the C stack small as well.
cdef int MAX_DEPTH = 200

# Between these bounds Python's repr and orjson write a float with the same digits and
# without an exponent; outside they differ ("1e+16" and "1e16"). pydantic-core writes every
# finite float as orjson does, so a `Shape` needs no bounds.
cdef double SMALLEST_PLAIN = 1e-4
cdef double LARGEST_PLAIN = 1e16


@cython.final
cdef class Shape:
    """The form a value must have for orjson's answer to be the right one.

    Args:
        kind: One of the keys of `KINDS`.
        item: Shape of list elements, dict values, or the inside of a nullable.
        names: Field names of a model, in the order they are serialised.
        fields: One shape for each name.
        model: The pydantic model class of kind ``"model"``.
    """

    def __init__(self, str kind not None, Shape item=None, tuple names=(), tuple fields=(),
                 object model=None):
        if kind not in KINDS:
            raise ValueError(f"kind must be one of {sorted(KINDS)}, got {kind!r}")
        if len(names or ()) != len(fields or ()):
            raise ValueError(f"{len(names)} names but {len(fields)} fields")
        if kind in ("nullable", "list", "dict") and item is None:
            raise ValueError(f"a shape of kind {kind!r} needs an item")
        for field in fields or ():
            if not isinstance(field, Shape):
                raise TypeError(f"fields must be shapes, got {field!r}")
        self.kind = KINDS[kind]
        self.item = item
        self.names = names or ()
        self.fields = fields or ()
        self.model = model

    def fits(self, value):
        """Return whether *value* has this shape exactly."""
        return fits(self, value, 0)

    def encode(self, value):
        """Return the JSON bytes of *value*, or None where the reference path must decide."""
        return encode_fitting(self, value)


def encode_json(value):
    """Return what Starlette's JSONResponse renders for plain data, or None if unsure.

    Plain data is dict with str keys, list, str, int of 64 bits, float, bool and None, each
    of exactly that type. Keys that start with ``_sa`` are not plain: FastAPI's
    jsonable_encoder drops them.
    """
    return encode_native(value)


cdef bytes encode_fitting(Shape shape, object value):
    """Return orjson's bytes if *value* fits *shape*, else None."""
    if shape.model is not None and type(value) is shape.model:
        value = PyObject_GenericGetDict(value, NULL)
    if not fits(shape, value, 0):
        return None
    try:
        return dumps(value)
    except JSONEncodeError:  # lone surrogates: the reference path words the error
        return None


cdef bytes encode_native(object value):
    """Return orjson's bytes of *value* if json.dumps would give the same, else None."""
    if not is_json_native(value, 0):
        return None
    try:
        return dumps(value)
    except JSONEncodeError:
        return None


cdef bint fits(Shape shape, object value, int depth) except -1:
    """Return whether *value* has *shape*; no Python code runs, nothing is changed."""
    cdef int kind = shape.kind
    if kind == KIND_NULLABLE:
        if value is None:
            return True
        shape = shape.item
        kind = shape.kind
    if kind <= LAST_SCALAR:
        return scalar_fits(kind, <PyObject*>value)
    if depth >= MAX_DEPTH:
        return False
    if kind == KIND_MODEL:
        return type(value) is dict and model_fits(shape, <dict>value, depth + 1)
    if kind == KIND_LIST:
        return type(value) is list and list_fits(shape.item, <list>value, depth + 1)
    if kind == KIND_DICT:
        return type(value) is dict and dict_fits(shape.item, <dict>value, depth + 1)
    return is_json_native(value, depth)


cdef inline bint scalar_fits(int kind, PyObject* value) except -1:
    """Return whether the borrowed *value* is a scalar of *kind*."""
    if kind == KIND_STR:
        return PyUnicode_CheckExact(value)
    if kind == KIND_INT:
        return PyLong_CheckExact(value) and is_word(value)
    if kind == KIND_FLOAT:
        return PyFloat_CheckExact(value) and isfinite(PyFloat_AS_DOUBLE(value))
    if kind == KIND_BOOL:
        return value == <PyObject*>True or value == <PyObject*>False
    return value == <PyObject*>None


cdef bint list_fits(Shape item, list values, int depth) except -1:
    cdef Py_ssize_t i = 0
    cdef int kind = item.kind
    # No Python code runs in between, so the size cannot change under the loop; the
    # bound is read again each time all the same, for free-threaded builds.
    while i < PyList_GET_SIZE(values):
        if kind <= LAST_SCALAR:
            if not scalar_fits(kind, PyList_GET_ITEM(values, i)):
                return False
        elif not fits(item, <object>PyList_GET_ITEM(values, i), depth):
            return False
        i += 1
    return True


cdef bint dict_fits(Shape item, dict values, int depth) except -1:
    cdef PyObject* key = NULL
    cdef PyObject* value = NULL
    cdef Py_ssize_t position = 0
    while PyDict_Next(values, &position, &key, &value):
        if not PyUnicode_CheckExact(key) or not fits(item, <object>value, depth):
            return False
    return True


cdef bint model_fits(Shape shape, dict values, int depth) except -1:
    """Return whether *values* has the model's fields, all of them, in their order."""
    cdef PyObject* key = NULL
    cdef PyObject* value = NULL
    cdef PyObject* name
    cdef Py_ssize_t position = 0
    cdef Py_ssize_t i = 0
    cdef tuple names = shape.names
    cdef tuple fields = shape.fields
    cdef int kind
    if PyDict_Size(values) != len(names):
        return False
    # `i` stays below the number of names because the sizes are equal.
    while PyDict_Next(values, &position, &key, &value):
        name = PyTuple_GET_ITEM(names, i)
        if key != name and (not PyUnicode_CheckExact(key) or PyUnicode_Compare(key, name) != 0):
            return False
        kind = (<Shape>PyTuple_GET_ITEM(fields, i)).kind
        if kind <= LAST_SCALAR:
            if not scalar_fits(kind, value):
                return False
        elif not fits(<Shape>PyTuple_GET_ITEM(fields, i), <object>value, depth):
            return False
        i += 1
    return True


cdef bint is_json_native(object value, int depth) except -1:
    """Return whether *value* is plain JSON data through and through."""
    cdef PyObject* key = NULL
    cdef PyObject* item = NULL
    cdef Py_ssize_t position = 0
    cdef Py_ssize_t i = 0
    if type(value) is str or value is None or value is True or value is False:
        return True
    if type(value) is int:
        return is_word(<PyObject*>value)
    if type(value) is float:
        return is_plain_float(PyFloat_AS_DOUBLE(<PyObject*>value))
    if depth >= MAX_DEPTH:
        return False
    if type(value) is dict:
        while PyDict_Next(<dict>value, &position, &key, &item):
            if type(<object>key) is not str or is_sqlalchemy_key(key):
                return False
            if not is_json_native(<object>item, depth + 1):
                return False
        return True
    if type(value) is list:
        while i < PyList_GET_SIZE(<list>value):
            if not is_json_native(<object>PyList_GET_ITEM(<list>value, i), depth + 1):
                return False
            i += 1
        return True
    return False


cdef bint is_lasting(object value, int depth) except -1:
    """Return whether *value* is the same when it is read twice: no iterators in its containers."""
    cdef PyObject* key = NULL
    cdef PyObject* item = NULL
    cdef Py_ssize_t position = 0
    cdef Py_ssize_t i = 0
    if depth >= MAX_DEPTH:
        return False
    if type(value) is dict:
        while PyDict_Next(<dict>value, &position, &key, &item):
            if not is_lasting(<object>item, depth + 1):
                return False
        return True
    if type(value) is list:
        while i < PyList_GET_SIZE(<list>value):
            if not is_lasting(<object>PyList_GET_ITEM(<list>value, i), depth + 1):
                return False
            i += 1
        return True
    return (
        value is None
        or type(value) in (str, int, float, bool)
        or not isinstance(value, (tuple, set, frozenset, dict, list)) and not PyIter_Check(value)
    )


cdef inline bint is_word(PyObject* value) except -1:
    """Return whether the int fits in 64 bits with sign, as orjson needs."""
    cdef int overflow = 0
    PyLong_AsLongLongAndOverflow(value, &overflow)
    return overflow == 0


cdef inline bint is_plain_float(double value) noexcept:
    """Return whether all encoders write *value* alike; false for inf and nan."""
    return value == 0.0 or SMALLEST_PLAIN <= fabs(value) < LARGEST_PLAIN


cdef bint is_sqlalchemy_key(PyObject* key) noexcept:
    """Return whether it is a str that starts with ``_sa``, which jsonable_encoder leaves out."""
    return (
        PyUnicode_CheckExact(key)
        and PyUnicode_GET_LENGTH(<object>key) >= 3
        and PyUnicode_READ_CHAR(<object>key, 0) == c"_"
        and PyUnicode_READ_CHAR(<object>key, 1) == c"s"
        and PyUnicode_READ_CHAR(<object>key, 2) == c"a"
    )
