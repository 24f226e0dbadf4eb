"""Forms that came in one piece: bytes -> names and values.

Request path: form_body, exchange (a program asks its request for the form) -> [here].
Reference implementation: `starlette.formparsers` on python-multipart, which also reads what is left
to it here, and words the errors.
"""

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING

from fasterapi._speedups.chars cimport Text, find_char, skip_ows, trim_ows
from fasterapi._speedups.headers cimport find
from fasterapi._speedups.multipart cimport has_letters, multipart_items
from fasterapi._speedups.query cimport parse_pairs
from fasterapi._speedups.views cimport Watch, filled

from types import FunctionType

from starlette import formparsers, requests
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import FormParser

cdef bytes URLENCODED_TYPE = b"application/x-www-form-urlencoded"
cdef bytes MULTIPART_TYPE = b"multipart/form-data"
cdef Py_ssize_t NO_LIMIT = 2**62
cdef object INFINITY = float("inf")


@cython.final
cdef class FormLimits:
    """What a form may contain.

    Args:
        max_files: Number of files.
        max_fields: Number of fields that are no files.
        max_part_size: Bytes of one field that is no file.
        inherited: What routers around the route have left in the scope for it, None if nothing.
    """

    def __init__(self, Py_ssize_t max_files=1000, Py_ssize_t max_fields=1000,
                 Py_ssize_t max_part_size=1024 * 1024, *, dict inherited=None):
        self.max_files = max_files
        self.max_fields = max_fields
        self.max_part_size = max_part_size
        self.inherited = inherited


def parse_form(bytes body not None, content_type, FormLimits limits not None):
    """Return the names and values of a form, None if the reference has to read it.

    Args:
        body: All of it.
        content_type: Value of the request's field, None without one.
        limits: What the form may contain.

    Returns:
        List of ``(name, value)``; a value is a str or an `UploadFile`.
    """
    return form_items(body, content_type, limits)


async def requested_form(request, dict own not None, list fields not None, read,
                         dict options not None):
    """Return the form that a program asks its request for.

    Args:
        request: The request.
        own: Its dictionary.
        fields: Its header fields.
        read: Starlette's method, for what is not read here.
        options: Keyword arguments of ``request.form``.

    Raises:
        HTTPException: The form is malformed or exceeds a limit.
    """
    cdef FormLimits limits = limits_of(options)
    cdef list items = None
    if own.get("_form") is not None:
        return own["_form"]
    if limits is None or "stream" in own:
        return await read(request, **options)
    content_type = find(fields, b"content-type")
    if form_kind(content_type) == NO_FORM:
        items = form_items(b"", content_type, limits)
    elif "_body" in own:
        items = form_items(own["_body"], content_type, limits)
    elif not request._stream_consumed:
        receive = request._receive
        message = await receive()
        if message["type"] == "http.request" and not message.get("more_body", False):
            items = form_items(bytes(memoryview(message.get("body") or b"")), content_type, limits)
        if items is None:
            request._receive = Replay(message, receive)
            try:
                return await read(request, **options)
            finally:
                request._receive = receive
        request._stream_consumed = True
    if items is None:
        return await read(request, **options)
    request._form = form = make_form(items)
    return form


cdef FormLimits limits_of(dict options):
    """Return the limits that keyword arguments of ``request.form`` set; None if they are odd."""
    cdef FormLimits limits = FormLimits.__new__(FormLimits)
    limits.max_files = limits.max_fields = 1000
    limits.max_part_size = 1024 * 1024
    for name, value in options.items():
        if type(value) is float and value == INFINITY:
            value = NO_LIMIT
        elif type(value) is not int or not 0 <= value <= NO_LIMIT:
            return None
        if name == "max_files":
            limits.max_files = value
        elif name == "max_fields":
            limits.max_fields = value
        elif name == "max_part_size":
            limits.max_part_size = value
        else:
            return None
    return limits


cdef int form_kind(object content_type) except -1:
    """Return which kind of form a body of *content_type* (bytes or None) is."""
    if content_type is None:
        return NO_FORM
    cdef Text start = <Text>PyBytes_AS_STRING(<bytes?>content_type)
    cdef Text stop = find_char(start, c";", start + len(<bytes>content_type))
    start = skip_ows(start, stop)
    stop = trim_ows(start, stop)
    if has_letters(start, stop, URLENCODED_TYPE):
        return URLENCODED
    return MULTIPART if has_letters(start, stop, MULTIPART_TYPE) else NO_FORM


cdef list form_items(bytes body, object content_type, FormLimits limits):
    """Return what `parse_form` returns."""
    cdef int kind = form_kind(content_type)
    if not is_pristine():
        return None
    if kind == URLENCODED:
        return None if exceeds(body, limits) else parse_pairs(body)
    if kind == MULTIPART:
        return multipart_items(
            body, content_type, limits.max_files, limits.max_fields, limits.max_part_size
        )
    return []


cdef bint exceeds(bytes body, FormLimits limits) except -1:
    """Return whether an urlencoded form may have too many fields, or too long ones."""
    cdef Py_ssize_t size = len(body)
    cdef Text place = <Text>PyBytes_AS_STRING(body)
    cdef Text end = place + size
    cdef Py_ssize_t fields = 0
    if size > limits.max_part_size:
        return True
    while fields <= limits.max_fields:
        if place >= end:
            return False
        # Empty ones are no fields; a form that has that many is not worth counting twice.
        fields += 1
        place = find_char(place, c"&", end) + 1
    return True


cdef object make_form(list items):
    """Return Starlette's collection of *items*."""
    if not IS_KNOWN_FORM or not FORM_WATCH.is_pristine():
        return FormData(items)
    return filled(NEW_FORM(FormData), items)


cdef bint holds_file(list items) except -1:
    """Return whether there is anything to close among *items*."""
    for _, value in items:
        if type(value) is not str:
            return True
    return False


cdef bint is_empty_input(object value) except -1:
    """Return whether a browser sends *value* for an input that was left empty."""
    if type(value) is str:
        return not <str>value
    return isinstance(value, UploadFile) and value.filename == "" and value.size == 0


@cython.final
cdef class Replay:
    """ASGI receive that gives one message again, then what comes after it."""

    cdef object message
    cdef object receive

    def __init__(self, dict message not None, receive):
        self.message = message
        self.receive = receive

    async def __call__(self):
        """Return the next message."""
        message = self.message
        if message is None:
            return await self.receive()
        self.message = None
        return message


cdef bint is_pristine() except -1:
    """Return whether Starlette's parsing is as it was written, and can be used at all."""
    return (
        REQUEST_NAMES["parse_options_header"] is not None
        and REQUEST_NAMES["FormParser"] is FormParser
        and PARSER_NAMES["FormData"] is FormData
        and PARSER_WATCH.is_pristine()
    )


cdef dict REQUEST_NAMES = vars(requests)
cdef dict PARSER_NAMES = vars(formparsers)
cdef Watch PARSER_WATCH = Watch(FormParser, tuple([
    name for name, value in vars(FormParser).items() if type(value) is FunctionType
]))
cdef Watch FORM_WATCH = Watch(FormData, ("__init__",))
cdef object NEW_FORM = FormData.__new__
cdef bint IS_KNOWN_FORM = vars(FormData([("a", "1"), ("a", "2")])) == {
    "_list": [("a", "1"), ("a", "2")], "_dict": {"a": "2"}
}
