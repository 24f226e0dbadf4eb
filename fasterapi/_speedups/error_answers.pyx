"""Answers to exceptions by the handlers that every application has, without calling them.

Request path: plan (an exception) -> dispatch (its handler) -> [here] -> dispatch (send).
Reference implementation: `fasterapi.exception_handlers`, which answers whatever is not plain.
"""

cimport cython
from fasterapi._speedups.body cimport encode_native
from fasterapi._speedups.exchange cimport Exchange

cdef bytes JSON = b"application/json"
cdef bytes CONTENT_LENGTH = b"content-length"
cdef bytes CONTENT_TYPE = b"content-type"


@cython.final
cdef class ErrorAnswers:
    """What the two handlers make of ordinary exceptions.

    Args:
        http_handler: `fasterapi.exception_handlers.http_exception_handler`.
        invalid_handler: `fasterapi.exception_handlers.request_validation_exception_handler`.
        invalid: The exception class of a 422; a subclass may report its findings otherwise.
        response_class: Class ``(status, fields, body, background)`` of an encoded answer.
    """

    def __init__(self, *, object http_handler, object invalid_handler, object invalid,
                 object response_class):
        self.http_handler = http_handler
        self.invalid_handler = invalid_handler
        self.invalid = invalid
        self.response_class = response_class

    cdef bint answer(self, Exchange x, object handler, object error) except -1:
        """Leave in the exchange what *handler* would answer; false where it must be called.

        Also where something fails here: it fails in the handler too, and is raised there.
        """
        try:
            if handler is self.http_handler:
                return self.answer_http(x, error)
            if handler is self.invalid_handler and type(error) is self.invalid:
                return self.answer_invalid(x, error)
        except Exception:
            pass
        return False

    cdef bint answer_http(self, Exchange x, object error) except -1:
        """Answer with status, fields and detail of an HTTPException."""
        status = error.status_code
        # Not one of an enumeration: middleware gets to see the object.
        if type(status) is not int or not 200 <= status <= 599 or status in (204, 205, 304):
            return False
        payload = encode_native({"detail": error.detail})
        if payload is None:
            return False
        fields = getattr(error, "headers", None)
        response = None
        if fields is not None:
            response = self.response_class(status, head_of(fields, payload), payload, None)
        return leave(x, status, payload, response)

    cdef bint answer_invalid(self, Exchange x, object error) except -1:
        """Answer 422 with the findings of a RequestValidationError."""
        cdef list shown = []
        cdef dict finding
        if getattr(x.get_scope().get("app"), "max_error_input", None) is not None:
            return False
        findings = error.errors()
        if type(findings) is not list:
            return False
        for found in findings:
            if type(found) is not dict:
                return False
            finding = (<dict>found).copy()
            place = finding.get("loc")
            if type(place) is tuple:
                finding["loc"] = list(place)
            shown.append(finding)
        payload = encode_native({"detail": shown})
        return payload is not None and leave(x, 422, payload, None)


cdef bint leave(Exchange x, int status, bytes payload, object response) except -1:
    """Make this the exchange's answer, whatever the route has left there."""
    x.sub_response = None
    x.response = response
    return x.answer(status, payload, JSON)


cdef list head_of(object fields, bytes payload):
    """Return an exception's header fields, and those of the body that it does not set."""
    cdef list head = []
    cdef bint has_length = False
    cdef bint has_type = False
    for key, value in fields.items():
        name = key.lower().encode("latin-1")
        head.append((name, value.encode("latin-1")))
        has_length |= name == CONTENT_LENGTH
        has_type |= name == CONTENT_TYPE
    if not has_length:
        head.append((CONTENT_LENGTH, b"%d" % len(payload)))
    if not has_type:
        head.append((CONTENT_TYPE, JSON))
    return head
