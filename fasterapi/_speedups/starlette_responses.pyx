"""Methods of Starlette's response classes, which `fasterapi._starlette_responses` puts there.

Request path: endpoint (``return JSONResponse(...)``) -> [here] -> dispatch (send).
Reference implementation: Starlette's own methods, in `ORIGINALS`. They are called wherever it is
not certain that what is done here gives the same.

Each takes what its original takes, and calls what its original calls, by the names by which that
calls it: so subclasses, and programs that replace methods later, find everything where it was.
"""

cimport cython
from cpython.object cimport PyObject
from fasterapi._speedups.body cimport encode_native
from fasterapi._speedups.cookies cimport format_cookie
from fasterapi._speedups.head cimport decimal
from fasterapi._speedups.instances cimport new_instance
from fasterapi._speedups.views cimport Watch

import json
from collections.abc import AsyncIterable

from starlette import responses
from starlette.concurrency import iterate_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.responses import JSONResponse, RedirectResponse, Response

from fasterapi._speedups import iteration

cdef extern from "Python.h":
    ctypedef struct TypeObject "PyTypeObject":
        PyObject* tp_mro
        unsigned int tp_version_tag
    TypeObject* Py_TYPE(object value)
    bint PyUnicode_IS_COMPACT_ASCII(object text)
    const unsigned char* PyUnicode_DATA(object text)
    Py_ssize_t PyUnicode_GET_LENGTH(object text)
    object PyUnicode_AsLatin1String(object text)

cdef bytes CONTENT_LENGTH = b"content-length"
cdef bytes CONTENT_TYPE = b"content-type"
cdef bytes LOCATION = b"location"
cdef bytes SET_COOKIE = b"set-cookie"
cdef object ABSENT = object()

# Types that most answers have, as they are sent; text is in UTF-8.
cdef bytes JSON_TYPE = b"application/json"
cdef dict TEXT_TYPES = {
    "text/html": b"text/html; charset=utf-8",
    "text/plain": b"text/plain; charset=utf-8",
}

# What `quote` leaves as it is, as RedirectResponse calls it.
cdef unsigned char IN_URL[128]
cdef int code
for code in range(128):
    IN_URL[code] = chr(code).isalnum() or chr(code) in "_.-~:/%#?=@[]!$&'()*+,;"

# The parts of json.dumps; programs replace them, and then mean all JSON.
cdef dict RESPONSES = vars(responses)
cdef dict JSON = vars(json)
cdef object DUMPS = json.dumps
cdef object ENCODER = json.JSONEncoder
cdef Watch ENCODER_WATCH = Watch(ENCODER, ("encode", "iterencode"))
cdef Watch HEADERS_WATCH = Watch(MutableHeaders, ("__init__",))

# Results of `place_of` that are no places.
cdef enum:
    ABSENT_PLACE = -1
    UNKNOWN_PLACE = -2  # there are several, or something else than pairs of bytes

# What stands in Starlette's classes when this module is imported.
cdef object ORIGINAL_RENDER_JSON = JSONResponse.render
cdef object ORIGINAL_SET_COOKIE = Response.set_cookie
cdef object ORIGINAL_SET_HEADER = MutableHeaders.__setitem__
cdef object ORIGINAL_ITERATE = iterate_in_threadpool


@cython.binding(True)
def init_response(self, content=None, status_code=200, headers=None, media_type=None,
                  background=None):
    begin(self, content, status_code, headers, media_type, background)


@cython.binding(True)
def render(self, content):
    if content is None:
        return b""
    if isinstance(content, memoryview):
        return content.cast("B") if content.c_contiguous else content.tobytes()
    if isinstance(content, bytes):
        return content
    return content.encode(self.charset)


@cython.binding(True)
def init_headers(self, headers=None):
    cdef list raw = []
    cdef bint has_length = False
    cdef bint has_type = False
    if headers is not None:
        for name, value in headers.items():
            name = latin_1(lower(name))
            raw.append((name, latin_1(value)))
            if name == CONTENT_LENGTH:
                has_length = True
            elif name == CONTENT_TYPE:
                has_type = True
    body = getattr(self, "body", None)
    if body is not None and not has_length and may_have_length(self.status_code):
        raw.append((CONTENT_LENGTH, decimal(len(body))))
    media_type = self.media_type
    if media_type is not None and not has_type:
        raw.append((CONTENT_TYPE, encode_type(self, media_type)))
    self.raw_headers = raw


@cython.binding(True)
def init_json(self, content, status_code=200, headers=None, media_type=None, background=None):
    if is_next_begin(JSONResponse, self):
        begin(self, content, status_code, headers, media_type, background)
    else:
        super(JSONResponse, self).__init__(content, status_code, headers, media_type, background)


@cython.binding(True)
def render_json(self, content):
    cdef bytes payload = None
    if RESPONSES["json"] is json and JSON["dumps"] is DUMPS and JSON["JSONEncoder"] is ENCODER \
            and ENCODER_WATCH.is_pristine():
        payload = encode_native(content)
    return ORIGINAL_RENDER_JSON(self, content) if payload is None else payload


@cython.binding(True)
def init_redirect(self, url, status_code=307, headers=None, background=None):
    if is_next_begin(RedirectResponse, self):
        begin(self, b"", status_code, headers, None, background)
    else:
        super(RedirectResponse, self).__init__(
            content=b"", status_code=status_code, headers=headers, background=background
        )
    self.headers["location"] = quoted(str(url))


@cython.binding(True)
def init_streaming(self, content, status_code=200, headers=None, media_type=None,
                   background=None):
    if isinstance(content, AsyncIterable):
        self.body_iterator = content
    elif responses.iterate_in_threadpool is ORIGINAL_ITERATE:
        self.body_iterator = iteration.iterate_in_threadpool(content)
    else:
        self.body_iterator = responses.iterate_in_threadpool(content)
    self.status_code = status_code
    self.media_type = self.media_type if media_type is None else media_type
    self.background = background
    self.init_headers(headers)


@cython.binding(True)
def get_headers(self):
    headers = getattr(self, "_headers", ABSENT)
    if headers is ABSENT:
        headers = self._headers = make_mutable(self.raw_headers)
    return headers


@cython.binding(True)
def set_cookie(self, key, value="", max_age=None, expires=None, path="/", domain=None,
               secure=False, httponly=False, samesite="lax", partitioned=False):
    cdef str text = format_cookie(
        key, value, max_age, expires, path, domain, secure, httponly, samesite, partitioned
    )
    if text is None:
        ORIGINAL_SET_COOKIE(
            self, key, value, max_age, expires, path, domain, secure, httponly, samesite,
            partitioned,
        )
    else:
        self.raw_headers.append((SET_COOKIE, latin_1(text)))


@cython.binding(True)
def set_header(self, key, value):
    cdef Py_ssize_t place = UNKNOWN_PLACE
    name = latin_1(lower(key))
    pair = (name, latin_1(value))
    fields = self._list
    if type(fields) is list and type(name) is bytes:
        place = place_of(<list>fields, <bytes>name)
    if place == UNKNOWN_PLACE:
        ORIGINAL_SET_HEADER(self, key, value)
    elif place == ABSENT_PLACE:
        (<list>fields).append(pair)
    else:
        (<list>fields)[place] = pair


REPLACEMENTS = {
    "Response.__init__": init_response,
    "Response.render": render,
    "Response.init_headers": init_headers,
    "Response.headers": get_headers,
    "Response.set_cookie": set_cookie,
    "JSONResponse.__init__": init_json,
    "JSONResponse.render": render_json,
    "RedirectResponse.__init__": init_redirect,
    "StreamingResponse.__init__": init_streaming,
    "MutableHeaders.__setitem__": set_header,
}

cdef object INIT_RESPONSE = init_response
cdef unsigned int begin_tag = 0  # version of Response when `is_begin_in_place` last looked
cdef bint was_begin_in_place = False


cdef int begin(object response, object content, object status_code, object headers,
               object media_type, object background) except -1:
    """Do what ``Response.__init__`` does."""
    response.status_code = status_code
    if media_type is not None:
        response.media_type = media_type
    response.background = background
    response.body = response.render(content)
    response.init_headers(headers)
    return 0


cdef bint is_next_begin(object cls, object response) except -1:
    """Return whether ``super(cls, response).__init__`` is `init_response`."""
    cdef tuple bases = <tuple>Py_TYPE(response).tp_mro
    cdef Py_ssize_t i
    for i in range(len(bases) - 1):
        if bases[i] is cls:
            return bases[i + 1] is Response and is_begin_in_place()
    return False


cdef bint is_begin_in_place() except -1:
    """Return whether ``Response.__init__`` is `init_response`.

    PERF: CPython gives a class another version with each change, and 0 until it is next looked at.
    """
    global begin_tag, was_begin_in_place
    cdef TypeObject* owner = <TypeObject*><PyObject*>Response
    if owner.tp_version_tag == 0 or owner.tp_version_tag != begin_tag:
        was_begin_in_place = Response.__init__ is INIT_RESPONSE
        begin_tag = owner.tp_version_tag
    return was_begin_in_place


cdef bint may_have_length(object status) except -1:
    return not (status < 200 or status == 204 or status == 304)


cdef object encode_type(object response, object media_type):
    """Return the value of Content-Type."""
    if type(media_type) is str and media_type == "application/json":
        return JSON_TYPE
    if media_type.startswith("text/") and "charset=" not in media_type.lower():
        charset = response.charset
        if type(media_type) is str and charset == "utf-8":
            known = TEXT_TYPES.get(media_type)
            if known is not None:
                return known
        media_type += "; charset=" + charset
    return latin_1(media_type)


cdef object make_mutable(object raw):
    """Return the headers that show, and change, *raw*."""
    if type(raw) is not list or responses.MutableHeaders is not MutableHeaders \
            or not HEADERS_WATCH.is_pristine():
        return responses.MutableHeaders(raw=raw)
    headers = new_instance(MutableHeaders, ())
    headers._list = raw
    return headers


cdef Py_ssize_t place_of(list fields, bytes name) except -3:
    """Return where the only field called *name* stands."""
    cdef Py_ssize_t place = ABSENT_PLACE
    cdef Py_ssize_t i = 0
    for field in fields:
        if type(field) is not tuple or len(<tuple>field) != 2 \
                or type((<tuple>field)[0]) is not bytes:
            return UNKNOWN_PLACE
        if <bytes>(<tuple>field)[0] == name:
            if place >= 0:
                return UNKNOWN_PLACE
            place = i
        i += 1
    return place


cdef object quoted(object url):
    """Return *url* with what may not stand in a header percent-encoded."""
    cdef const unsigned char* data
    cdef Py_ssize_t i
    cdef bint is_clean = type(url) is str and PyUnicode_IS_COMPACT_ASCII(url)
    if is_clean:
        data = PyUnicode_DATA(url)
        for i in range(PyUnicode_GET_LENGTH(url)):
            if not IN_URL[data[i]]:
                is_clean = False
                break
    return url if is_clean else responses.quote(url, safe=":/%#?=@[]!$&'()*+,;")


cdef inline object lower(object text):
    return (<str>text).lower() if type(text) is str else text.lower()


cdef inline object latin_1(object text):
    """Return what ``text.encode("latin-1")`` does, of a str without asking for its codec."""
    return PyUnicode_AsLatin1String(text) if type(text) is str else text.encode("latin-1")
