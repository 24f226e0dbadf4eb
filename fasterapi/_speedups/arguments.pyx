"""Arguments of dependencies and endpoints: each takes its value out of the exchange.

Request path: exchange -> [here] -> plan (the call).
Reference implementation: `fasterapi.dependencies.extract.request_params_to_args`.

Every class here is one row of a table that is made at start-up, by
`fasterapi.dependencies.compile`. `take` returns the value, or notes the validation errors in
the exchange and returns `FAILED`.
"""

cimport cython
from fasterapi._speedups.exchange cimport Exchange
from fasterapi._speedups.form cimport is_empty_input
from fasterapi._speedups.headers cimport find
from fasterapi._speedups.query cimport find_last, get_last

from pydantic_core import ValidationError
from starlette.datastructures import Headers, QueryParams

cdef extern from "Python.h":
    Py_UCS4 PyUnicode_READ_CHAR(object text, Py_ssize_t index)
    Py_ssize_t PyUnicode_GET_LENGTH(object text)

cdef object FAILED = object()

cdef enum:
    FROM_PATH = 0
    FROM_QUERY = 1
    FROM_HEADER = 2
    FROM_COOKIE = 3
    FROM_FORM = 4

SOURCES = {
    "path": FROM_PATH,
    "query": FROM_QUERY,
    "header": FROM_HEADER,
    "cookie": FROM_COOKIE,
    "form": FROM_FORM,
}

cdef enum:
    CONVERT_BY_VALIDATOR = 0
    CONVERT_STR = 1
    CONVERT_INT = 2

CONVERSIONS = {
    "validator": CONVERT_BY_VALIDATOR, "str": CONVERT_STR, "int": CONVERT_INT
}

# 18 digits always fit in 64 bits; longer ones are pydantic's business.
cdef Py_ssize_t MAX_DIGITS = 18


cdef class Argument:
    """One argument of one call."""

    def __init__(self, Py_ssize_t position):
        if position < 0:
            raise ValueError(f"position must be 0 or more, got {position}")
        self.position = position

    cdef object take(self, Exchange x):
        raise NotImplementedError


@cython.final
cdef class Value(Argument):
    """A single value of the path, query string, headers, cookies or form.

    Args:
        position: Index in the argument list.
        source: One of the keys of `SOURCES`.
        name: Name on the wire; for headers in lower case.
        path_index: Index among the captured values of the path, for source ``"path"``.
        conversion: One of the keys of `CONVERSIONS`.
        minimum, maximum: Inclusive bounds of an int, or of the length of a str.
        validate: Bound ``validate_python`` of the parameter's validator.
        location: What goes before the location of pydantic's errors.
        missing: Function without arguments giving the error of a value that is missing, or
            None if the parameter has a default.
        default: Function without arguments that gives the default, or the default itself
            where `default_is_constant`.
    """

    cdef int source
    cdef int conversion
    cdef str name
    cdef bytes raw_name
    cdef Py_ssize_t path_index
    cdef long long minimum
    cdef long long maximum
    cdef object validate
    cdef tuple location
    cdef object missing
    cdef object default
    cdef bint default_is_constant

    def __init__(self, Py_ssize_t position, *, str source not None, str name not None,
                 Py_ssize_t path_index=-1, str conversion="validator",
                 long long minimum=-(2**63), long long maximum=2**63 - 1,
                 object validate, tuple location not None, object missing=None,
                 object default=None, bint default_is_constant=False):
        super().__init__(position)
        self.source = SOURCES[source]
        self.conversion = CONVERSIONS[conversion]
        self.name = name
        self.raw_name = name.encode("latin-1", "replace") if source == "header" else b""
        self.path_index = path_index
        self.minimum = minimum
        self.maximum = maximum
        self.validate = validate
        self.location = location
        self.missing = missing
        self.default = default
        self.default_is_constant = default_is_constant

    cdef object take(self, Exchange x):
        cdef object value = self.raw_value(x)
        cdef object converted
        if value is None:
            return self.absent(x)
        if self.conversion == CONVERT_STR and type(value) is str:
            if self.minimum <= PyUnicode_GET_LENGTH(value) <= self.maximum:
                return value
        elif self.conversion == CONVERT_INT:
            converted = self.small_int(value)
            if converted is not None:
                return converted
        try:
            return self.validate(value, from_attributes=True)
        except ValidationError as error:
            note_errors(x, error, self.location)
            return FAILED

    cdef object raw_value(self, Exchange x):
        """Return the value as it came, or None."""
        cdef bytes raw
        if self.source == FROM_PATH:
            if 0 <= self.path_index < len(x.path_values):
                return x.path_values[self.path_index]
            return None
        if self.source == FROM_QUERY:
            if x.query_pairs is None:
                return find_last(x.query_string, self.name)
            return get_last(x.query_pairs, self.name)
        if self.source == FROM_HEADER:
            raw = find(x.headers, self.raw_name)
            return None if raw is None else raw.decode("latin-1")
        if self.source == FROM_FORM:
            value = get_last(x.form_items, self.name)
            return None if value is None or is_empty_input(value) else value
        return x.get_cookies().get(self.name)

    cdef object absent(self, Exchange x):
        """Return the default, or note that the value is missing."""
        if self.missing is not None:
            note(x, self.missing())
            return FAILED
        if self.default_is_constant:
            return self.default
        return self.default()

    cdef object small_int(self, object value):
        """Return the int of plain ASCII digits within the bounds, else None."""
        cdef Py_ssize_t size
        cdef Py_ssize_t i
        cdef Py_UCS4 character
        cdef long long number = 0
        if type(value) is int:  # the router's `{name:int}` has converted it
            size = 0
            if not -(10**MAX_DIGITS) < value < 10**MAX_DIGITS:
                return None
            number = value
        elif type(value) is str:
            size = PyUnicode_GET_LENGTH(value)
            if not 0 < size <= MAX_DIGITS:
                return None
            for i in range(size):
                character = PyUnicode_READ_CHAR(value, i)
                if not 0x30 <= character <= 0x39:  # the ASCII digits only
                    return None
                number = number * 10 + (<int>character - 0x30)
        else:
            return None
        return number if self.minimum <= number <= self.maximum else None


@cython.final
cdef class Group(Argument):
    """A parameter that only the reference code can read: a list, a model, several aliases.

    Args:
        position: Index in the argument list.
        source: One of the keys of `SOURCES`.
        name: Name of the function's parameter.
        read: ``request_params_to_args`` bound to the one field: takes the received
            parameters, returns ``(values, errors)``.
    """

    cdef int source
    cdef str name
    cdef object read

    def __init__(self, Py_ssize_t position, *, str source not None, str name not None,
                 object read):
        super().__init__(position)
        self.source = SOURCES[source]
        self.name = name
        self.read = read

    cdef object take(self, Exchange x):
        cdef dict values
        cdef object errors
        values, errors = self.read(self.received(x))
        if errors:
            for error in errors:
                note(x, error)
            return FAILED
        return values[self.name]

    cdef object received(self, Exchange x):
        """Return the collection that FastAPI would read from."""
        if self.source == FROM_PATH:
            return x.path_params()
        if self.source == FROM_QUERY:
            return QueryParams(x.get_query_pairs())
        if self.source == FROM_HEADER:
            return Headers(raw=x.headers)
        if self.source == FROM_FORM:
            return x.get_form()
        return x.get_cookies()


@cython.final
cdef class Result(Argument):
    """The value of an earlier dependency."""

    cdef Py_ssize_t index

    def __init__(self, Py_ssize_t position, Py_ssize_t index):
        super().__init__(position)
        self.index = index

    cdef object take(self, Exchange x):
        return x.results[self.index]


@cython.final
cdef class RequestArgument(Argument):
    """``request: Request``, the exchange seen through Starlette's class."""

    cdef object take(self, Exchange x):
        return x.get_request()


@cython.final
cdef class ResponseArgument(Argument):
    """``response: Response``: headers, cookies and status to merge into the answer."""

    cdef object make

    def __init__(self, Py_ssize_t position, object make):
        super().__init__(position)
        self.make = make

    cdef object take(self, Exchange x):
        if x.sub_response is None:
            x.sub_response = self.make()
        return x.sub_response


@cython.final
cdef class BackgroundArgument(Argument):
    """``tasks: BackgroundTasks``, one for all of the request."""

    cdef object make

    def __init__(self, Py_ssize_t position, object make):
        super().__init__(position)
        self.make = make

    cdef object take(self, Exchange x):
        if x.background is None:
            x.background = self.make()
        return x.background


@cython.final
cdef class Constant(Argument):
    """A value made anew for each request by a function without arguments."""

    cdef object make

    def __init__(self, Py_ssize_t position, object make):
        super().__init__(position)
        self.make = make

    cdef object take(self, Exchange x):
        return self.make()


cdef int note(Exchange x, object error) except -1:
    """Append one error dict to the exchange."""
    if x.errors is None:
        x.errors = []
    x.errors.append(error)
    return 0


cdef int note_errors(Exchange x, object error, tuple location) except -1:
    """Append pydantic's errors, each with *location* before its own."""
    for item in error.errors(include_url=False):
        item["loc"] = location + item["loc"]
        note(x, item)
    return 0
