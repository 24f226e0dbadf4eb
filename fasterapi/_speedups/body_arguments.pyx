"""JSON bodies: what each parameter takes out of the parsed JSON.

Request path: plan (body parsed) -> [here] -> plan (the call).
Reference implementation: `fasterapi.dependencies.body.request_body_to_args`.
"""

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING
from fasterapi._speedups.arguments cimport FAILED, ValidatedArgument
from fasterapi._speedups.exchange cimport Exchange

from pydantic_core import PydanticUndefined

cdef Py_ssize_t LONG_NUMBER = 300
cdef object UNDEFINED = PydanticUndefined
# What a JSON text can be; a form is none of them.
cdef frozenset PARSED = frozenset((dict, list, str, int, float, bool, type(None), bytes))


@cython.final
cdef class BodyArgument(ValidatedArgument):
    """The whole body, or what stands in it under a key.

    Args:
        position: Index in the argument list.
        keys: Names under which the value may stand, the preferred one first; none for the
            whole body.
        options: Of `ValidatedArgument`.
    """

    cdef tuple keys

    def __init__(self, Py_ssize_t position, *, tuple keys not None, **options):
        super().__init__(position, **options)
        self.keys = keys

    cdef object take(self, Exchange x):
        cdef object value = UNDEFINED
        cdef tuple location = ("body",)
        if not self.keys:
            value = x.json
        elif type(x.json) is dict:
            for key in self.keys:
                if key in <dict>x.json:
                    value = (<dict>x.json)[key]
                    location = ("body", key)
                    break
        if value is UNDEFINED:
            return self.absent(x)
        return self.validated(x, value, location)


cdef bint holds_json(Exchange x, bint is_embedded) except -1:
    """Return whether `BodyArgument` knows what to do with the parsed body.

    Keys are taken from an object only; of a body that is no JSON, or none at all, there are none.
    """
    if type(x.json) is dict or type(x.json) is bytes or x.json is UNDEFINED:
        return True
    return not is_embedded and type(x.json) in PARSED


cdef list take_from_json(Exchange x, tuple body_arguments, list arguments):
    """Put the values into *arguments*; return it, or None where something is missing or wrong."""
    cdef BodyArgument argument
    for argument in body_arguments:
        value = argument.take(x)
        if value is FAILED:
            arguments = None
        elif arguments is not None:
            arguments[argument.position] = value
    return arguments


cdef bint has_long_number(bytes body) except -1:
    """Return whether *body* may hold an integer that no float can hold.

    COMPAT: as a float field's value pydantic-core reads it in JSON as infinity, and refuses the
    int that `json.loads` makes of it. The greatest float has 309 digits.
    """
    cdef const unsigned char* data = <const unsigned char*>PyBytes_AS_STRING(body)
    cdef Py_ssize_t size = len(body)
    cdef Py_ssize_t i = LONG_NUMBER - 1
    cdef Py_ssize_t first
    # A run of that many digits covers every place of a grid that is as wide.
    while i < size:
        if c"0" <= data[i] <= c"9":
            first = i
            while first > 0 and c"0" <= data[first - 1] <= c"9":
                first -= 1
            while i < size and c"0" <= data[i] <= c"9":
                i += 1
            if i - first >= LONG_NUMBER:
                return True
        i += LONG_NUMBER
    return False
