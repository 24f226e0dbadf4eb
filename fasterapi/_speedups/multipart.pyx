"""Multipart forms that came in one piece: bytes -> names, values and files.

Request path: form -> [here].
Reference implementation: `starlette.formparsers.MultiPartParser` on python-multipart.

What is read here is how browsers and HTTP clients write such a form. Anything else is left to the
reference: what is malformed, exceeds a limit, is spelled in an uncommon way, or would be kept on
disk.
"""

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from cpython.unicode cimport PyUnicode_DecodeLatin1, PyUnicode_DecodeUTF8
from libc.string cimport memchr, memcmp

from fasterapi._speedups.chars cimport (
    Text,
    find_char,
    is_tchar,
    same_letters,
    skip_ows,
    span,
    trim_ows,
)
from fasterapi._speedups.views cimport Watch

import tempfile
from io import BytesIO
from types import FunctionType

from starlette import formparsers, requests
from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartParser

cdef extern from "Python.h":
    object PyObject_GenericGetDict(object instance, void* context)

cdef enum:
    # Less than python-multipart allows: 8, 4224 and 256.
    MAX_PART_HEADERS = 8
    MAX_HEADER_BYTES = 4096
    MAX_BOUNDARY_BYTES = 200
    # Between a boundary and the header line after it.
    LINE_BREAK_BYTES = 2

cdef bytes DISPOSITION = b"content-disposition"


cdef list multipart_items(
    bytes body, bytes content_type, Py_ssize_t max_files, Py_ssize_t max_fields,
    Py_ssize_t max_part_size,
):
    """Return the names and values of a multipart form; None if it is not plain.

    Args:
        body: All of it.
        content_type: Of the request.
        max_files: Number of files.
        max_fields: Number of other fields.
        max_part_size: Bytes of one other field.

    Source: RFC 7578, RFC 2046 section 5.1.1.
    """
    cdef bytes boundary = boundary_of(content_type)
    cdef list parts = []
    cdef list items = []
    cdef Part part
    cdef object most = MultiPartParser.spool_max_size  # 0: no limit; programs set it
    cdef Py_ssize_t files = 0
    if boundary is None or type(most) is not int or not is_pristine():
        return None
    if not find_parts(body, b"\r\n--" + boundary, parts):
        return None
    for part in parts:
        if part.filename is None:
            if part.size() > max_part_size:
                return None
        else:
            files += 1
            if 0 < most < part.size():
                return None  # it goes to disk, in a thread
    if files > max_files or len(parts) - files > max_fields:
        return None
    for part in parts:
        content = body[part.start:part.stop]
        if part.filename is None:
            items.append((part.name, decoded(content)))
        else:
            items.append((part.name, make_upload(content, part, most)))
    return items


@cython.final
@cython.freelist(16)
cdef class Part:
    """One part of a multipart body."""

    cdef str name
    cdef str filename            # None: the part is no file
    cdef list headers            # (name in lower case, value)
    cdef Py_ssize_t start        # of the content
    cdef Py_ssize_t stop

    cdef Py_ssize_t size(self) except -1:
        """Return how many bytes the content has."""
        return self.stop - self.start


cdef bint find_parts(bytes body, bytes delimiter, list parts) except -1:
    """Append the parts of *body* to *parts*; false where something is uncommon."""
    cdef Text start = <Text>PyBytes_AS_STRING(body)
    cdef Text delimiting = <Text>PyBytes_AS_STRING(delimiter)
    cdef Py_ssize_t size = len(body)
    cdef Py_ssize_t width = len(delimiter)
    # The line break before the first boundary is missing: it is the very first line.
    cdef Py_ssize_t place = width - LINE_BREAK_BYTES
    cdef Part part
    if size < place or memcmp(start, delimiting + LINE_BREAK_BYTES, place) != 0:
        return False
    while True:
        if size - place < LINE_BREAK_BYTES:
            return False
        if start[place] == c"-" and start[place + 1] == c"-":
            return True
        if start[place] != c"\r" or start[place + 1] != c"\n":
            return False
        part = Part.__new__(Part)
        part.headers = []
        place = read_head(start, place + LINE_BREAK_BYTES, size, part)
        if place < 0:
            return False
        part.start = place
        part.stop = body.find(delimiter, place)
        if part.stop < 0:
            return False
        place = part.stop + width
        parts.append(part)


cdef Py_ssize_t read_head(
    Text body, Py_ssize_t place, Py_ssize_t size, Part part
) except? -2:
    """Read a part's headers and return where its content begins, -1 if they are uncommon."""
    cdef Text line = body + place
    cdef Text end = body + size
    cdef Text stop, colon, value
    while True:
        stop = find_char(line, c"\r", end)
        if span(stop, end) < LINE_BREAK_BYTES or stop[1] != c"\n":
            return -1
        if stop == line:
            return -1 if part.name is None else span(body, stop) + LINE_BREAK_BYTES
        colon = find_char(line, c":", stop)
        if colon == line or colon == stop or not is_token(line, colon):
            return -1
        if span(line, stop) > MAX_HEADER_BYTES or len(part.headers) == MAX_PART_HEADERS:
            return -1
        value = colon + 1
        while value < stop and value[0] == c" ":
            value += 1
        if has_letters(line, colon, DISPOSITION) and (
            part.name is not None or not read_disposition(value, stop, part)
        ):
            return -1
        part.headers.append((copied(line, colon).lower(), copied(value, stop)))
        line = stop + LINE_BREAK_BYTES


cdef bint read_disposition(Text place, Text stop, Part part) except -1:
    """Read ``form-data; name="..."; filename="..."``; false if it is spelled otherwise.

    Source: RFC 7578 section 4.2.
    """
    cdef Text semicolon = find_char(place, c";", stop)
    cdef Text key, value, end
    if not has_letters(place, trim_ows(place, semicolon), b"form-data"):
        return False
    while semicolon < stop:
        key = skip_ows(semicolon + 1, stop)
        value = find_char(key, c"=", stop)
        if value == stop or (value + 1) == stop or value[1] != c'"':
            return False
        end = find_char(value + 2, c'"', stop)
        if end == stop or has_odd(value + 2, end):
            return False
        if span(key, value) == 4 and memcmp(key, b"name", 4) == 0 and part.name is None:
            part.name = decoded(copied(value + 2, end))
        elif span(key, value) == 8 and memcmp(key, b"filename", 8) == 0 \
                and part.filename is None:
            part.filename = decoded(copied(value + 2, end))
        else:
            return False
        semicolon = skip_ows(end + 1, stop)
        if semicolon < stop and semicolon[0] != c";":
            return False
    return part.name is not None


cdef bint has_odd(Text start, Text stop) noexcept nogil:
    """Return whether a quoted text has what python-multipart does not take as it is."""
    cdef Py_ssize_t size = span(start, stop)
    return memchr(start, c"\\", size) != NULL or memchr(start, c";", size) != NULL


cdef bytes boundary_of(bytes content_type):
    """Return the boundary, None if it is not the only parameter or spelled in an uncommon way."""
    cdef Text place = <Text>PyBytes_AS_STRING(content_type)
    cdef Text stop = place + len(content_type)
    cdef Text equals
    place = find_char(place, c";", stop)
    if place == stop:
        return None
    place = skip_ows(place + 1, stop)
    equals = find_char(place, c"=", stop)
    if not has_letters(place, equals, b"boundary"):
        return None
    place = equals + 1
    stop = trim_ows(place, stop)
    # Spaces after the sign, quotes, further parameters: seldom.
    if not 0 < span(place, stop) <= MAX_BOUNDARY_BYTES or not is_token(place, stop):
        return None
    return copied(place, stop)


cdef object make_upload(bytes content, Part part, object most):
    """Return the file that *part* is, at its beginning."""
    cdef dict attributes
    make = vars(formparsers)["SpooledTemporaryFile"]
    if make is tempfile.SpooledTemporaryFile and IS_KNOWN_FILE:
        file = NEW_FILE(make)
        attributes = PyObject_GenericGetDict(file, NULL)
        attributes.update(FILE_ATTRIBUTES)
        attributes["_file"] = BytesIO(content)
        attributes["_max_size"] = most
        attributes["_TemporaryFileArgs"] = FILE_ARGUMENTS.copy()
    else:
        file = make(max_size=most)
        file.write(content)
        file.seek(0)
    headers = NEW_HEADERS(Headers)
    (<dict>PyObject_GenericGetDict(headers, NULL))["_list"] = part.headers
    if not IS_KNOWN_UPLOAD:
        return UploadFile(file, size=len(content), filename=part.filename, headers=headers)
    upload = NEW_UPLOAD(UploadFile)
    attributes = PyObject_GenericGetDict(upload, NULL)
    attributes["filename"] = part.filename
    attributes["file"] = file
    attributes["size"] = len(content)
    attributes["headers"] = headers
    attributes["_max_mem_size"] = most
    return upload


cdef bint is_pristine() except -1:
    """Return whether Starlette's parser of such forms is as it was written."""
    return (
        vars(requests)["MultiPartParser"] is MultiPartParser
        and vars(formparsers)["UploadFile"] is UploadFile
        and PARSER_WATCH.is_pristine()
        and UPLOAD_WATCH.is_pristine()
    )


cdef Watch PARSER_WATCH = Watch(MultiPartParser, tuple([
    name for name, value in vars(MultiPartParser).items() if type(value) is FunctionType
]))
cdef Watch UPLOAD_WATCH = Watch(UploadFile, ("__init__", "write", "seek"))

cdef object NEW_HEADERS = Headers.__new__
cdef object NEW_UPLOAD = UploadFile.__new__
cdef object NEW_FILE = tempfile.SpooledTemporaryFile.__new__
_file = tempfile.SpooledTemporaryFile(max_size=7)
cdef dict FILE_ATTRIBUTES = vars(_file).copy()
cdef dict FILE_ARGUMENTS = FILE_ATTRIBUTES.get("_TemporaryFileArgs", {})
cdef bint IS_KNOWN_FILE = (
    FILE_ATTRIBUTES.keys() == {"_file", "_max_size", "_rolled", "_TemporaryFileArgs"}
    and type(FILE_ATTRIBUTES["_file"]) is BytesIO
    and FILE_ATTRIBUTES["_max_size"] == 7
)
_headers = Headers(raw=[])
cdef bint IS_KNOWN_UPLOAD = vars(
    UploadFile(_file, size=3, filename="a", headers=Headers(raw=[(b"a", b"b")]))
) == {
    "filename": "a", "file": _file, "size": 3, "headers": Headers(raw=[(b"a", b"b")]),
    "_max_mem_size": 7,
} and vars(_headers) == {"_list": []}
_file.close()
del _file, _headers


cdef str decoded(bytes text):
    """Return *text* as UTF-8, as Latin-1 if it is none."""
    try:
        return PyUnicode_DecodeUTF8(PyBytes_AS_STRING(text), len(text), NULL)
    except UnicodeDecodeError:
        return PyUnicode_DecodeLatin1(PyBytes_AS_STRING(text), len(text), NULL)


cdef bytes copied(Text start, Text stop):
    """Return the bytes from *start* to *stop*."""
    return PyBytes_FromStringAndSize(<const char*>start, span(start, stop))


cdef bint is_token(Text place, Text stop) noexcept nogil:
    """Return whether there are only characters of tokens."""
    while place < stop:
        if not is_tchar(place[0]):
            return False
        place += 1
    return True


cdef bint has_letters(Text start, Text stop, bytes lower_case) except -1:
    """Return whether the text is *lower_case* but for the case of its letters."""
    return span(start, stop) == len(lower_case) and same_letters(
        start, <Text>PyBytes_AS_STRING(lower_case), len(lower_case)
    )
