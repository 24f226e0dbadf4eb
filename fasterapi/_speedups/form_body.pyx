"""The form that a route declares: read from the exchange, and closed when FastAPI closes it.

Request path: plan -> [here] -> form -> plan (the arguments).
Reference implementation: `fasterapi.routing.body.read_request_body`.
"""

cimport cython
from fasterapi._speedups.exchange cimport Exchange
from fasterapi._speedups.exit_stacks cimport Exit, lent_stacks
from fasterapi._speedups.form cimport (
    NO_FORM,
    FormLimits,
    form_items,
    form_kind,
    holds_file,
    make_form,
)
from fasterapi._speedups.headers cimport find

from fasterapi._speedups.views cimport Watch

from tempfile import SpooledTemporaryFile

from starlette.datastructures import FormData, UploadFile

from fasterapi._speedups.form import Replay


async def read_form(Exchange x not None, FormLimits limits not None):
    """Put the items of a form that comes in one piece into the exchange.

    Nothing is there afterwards if the reference path has to read it, which finds the body
    untouched.

    Args:
        x: The exchange.
        limits: What the form may contain.
    """
    cdef bytes body
    if x.scope is not None and inherited_by(x.scope) is not limits.inherited:
        return  # an application that this one is mounted in has limits of its own
    content_type = find(x.headers, b"content-type")
    if form_kind(content_type) == NO_FORM:
        x.form_items = form_items(b"", content_type, limits)
        return
    x.open()
    message = await x.receive()
    if message["type"] == "http.request" and not message.get("more_body", False):
        piece = message.get("body") or b""
        body = piece if type(piece) is bytes else bytes(memoryview(piece))
        x.form_items = form_items(body, content_type, limits)
    if x.form_items is None:
        x.receive = Replay(message, x.receive)
        return
    x.is_body_used = True
    if holds_file(x.form_items):
        close_later(x)


cdef object inherited_by(dict scope):
    """Return the form limits that routers have left in the scope, None if there are none."""
    state = scope.get("fastapi")
    return state.get("form_limits") if type(state) is dict else None


cdef int close_later(Exchange x) except -1:
    """Have the files closed after everything else: exception handlers may still read them."""
    cdef Files files = Files.__new__(Files)
    files.items = x.form_items
    if x.lent is None:
        x.lent = lent_stacks()
    x.lent.outer.push(files)
    return 0


@cython.final
cdef class Files(Exit):
    """The files of a form.

    PERF: one in memory is closed without the coroutines of its upload and of the form.
    """

    cdef list items

    cdef object leave(self, object error):
        if not FORM_WATCH.is_pristine() or not UPLOAD_WATCH.is_pristine():
            return close_form(self.items)
        for _, value in self.items:
            if type(value) is not str:
                if type(value.file) is not SpooledTemporaryFile or value.file._rolled:
                    return close_form(self.items)
                value.file.close()
        return False


async def close_form(list items not None):
    """Close the files in *items* by Starlette's methods; false, as exits say it."""
    await make_form(items).close()
    return False


cdef Watch FORM_WATCH = Watch(FormData, ("close",))
cdef Watch UPLOAD_WATCH = Watch(UploadFile, ("close",))
