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
from fasterapi._speedups.headers cimport find, find_all
from fasterapi._speedups.query cimport find_last, get_all, get_last

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


cdef class ValidatedArgument(Argument):
    """An argument that the request may lack, and that pydantic judges.

    Args:
        position: Index in the argument list.
        validate: Bound ``validate_python`` of the parameter's validator.
        missing: Function without arguments giving the error of a value that is missing, or
            None if the parameter has a default.
        default: Function without arguments that gives the default, or the default itself
            where `default_is_constant`.
    """

    def __init__(self, Py_ssize_t position, *, object validate, object missing=None,
                 object default=None, bint default_is_constant=False):
        super().__init__(position)
        self.validate = validate
        self.missing = missing
        self.default = default
        self.default_is_constant = default_is_constant

    cdef object absent(self, Exchange x):
        """Return the default, or note that the value is missing."""
        if self.missing is not None:
            note(x, self.missing())
            return FAILED
        return self.default if self.default_is_constant else self.default()

    cdef object validated(self, Exchange x, object value, tuple location):
        """Return *value* validated, or note what is wrong with it."""
        try:
            return self.validate(value, from_attributes=True)
        except ValidationError as error:
            note_errors(x, error, location)
            return FAILED


@cython.final
cdef class Value(ValidatedArgument):
    """A value of the path, query string, headers, cookies or form, or all of that name.

    Args:
        position: Index in the argument list.
        source: One of the keys of `SOURCES`.
        names: Names on the wire, the preferred one first.
        is_list: Whether it is all values of the name, of the query string or the headers.
        path_index: Index among the captured values of the path, for source ``"path"``.
        conversion: One of the keys of `CONVERSIONS`.
        minimum, maximum: Inclusive bounds of an int, or of the length of a str.
        options: Of `ValidatedArgument`.
    """

    cdef int source
    cdef int conversion
    cdef tuple names
    cdef tuple raw_names
    cdef bint is_list
    cdef Py_ssize_t path_index
    cdef long long minimum
    cdef long long maximum
    cdef tuple locations

    def __init__(self, Py_ssize_t position, *, str source not None, tuple names not None,
                 bint is_list=False, Py_ssize_t path_index=-1, str conversion="validator",
                 long long minimum=-(2**63), long long maximum=2**63 - 1, **options):
        super().__init__(position, **options)
        self.source = SOURCES[source]
        self.conversion = CONVERSIONS[conversion]
        self.names = names
        self.raw_names = tuple([
            name.lower().encode("latin-1", "replace") if source == "header" else b""
            for name in names
        ])
        self.locations = tuple([
            ("body" if source == "form" else source, name) for name in names
        ])
        self.is_list = is_list and source in ("query", "header")
        self.path_index = path_index
        self.minimum = minimum
        self.maximum = maximum

    cdef object take(self, Exchange x):
        cdef Py_ssize_t i = 0
        cdef object value = None
        cdef object converted
        for i in range(len(self.names)):
            value = self.raw_value(x, i)
            if value is not None:
                break
        if value is None:
            return self.absent(x)
        if self.conversion == CONVERT_STR and type(value) is str:
            if self.minimum <= PyUnicode_GET_LENGTH(value) <= self.maximum:
                return value
        elif self.conversion == CONVERT_INT:
            converted = self.small_int(value)
            if converted is not None:
                return converted
        return self.validated(x, value, <tuple>self.locations[i])

    cdef object raw_value(self, Exchange x, Py_ssize_t i):
        """Return the value of the name numbered *i* as it came, or None."""
        cdef bytes raw
        cdef str name = <str>self.names[i]
        if self.source == FROM_PATH:
            if 0 <= self.path_index < len(x.path_values):
                return x.path_values[self.path_index]
            return None
        if self.source == FROM_QUERY:
            if self.is_list:
                return get_all(x.get_query_pairs(), name) or None
            if x.query_pairs is None:
                return find_last(x.query_string, name)
            return get_last(x.query_pairs, name)
        if self.source == FROM_HEADER:
            if self.is_list:
                return [
                    raw.decode("latin-1") for raw in find_all(x.headers, <bytes>self.raw_names[i])
                ] or None
            raw = find(x.headers, <bytes>self.raw_names[i])
            return None if raw is None else raw.decode("latin-1")
        if self.source == FROM_FORM:
            value = get_last(x.form_items, name)
            return None if value is None or is_empty_input(value) else value
        return x.get_cookies().get(name)

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
    """A parameter that only the reference code can read.

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
