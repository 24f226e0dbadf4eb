"""Exchange: one request and how to answer it. Both doors make one, the plan sees nothing else."""


from fasterapi._speedups.exit_stacks cimport Exit, LentStacks
from fasterapi._speedups.views cimport Watch


cdef class Exchange


cdef class RequestCore:
    cdef Exchange x
    cdef object receive_of_now   # `receive` when the request was made; None: to be made
    cdef dict own(self)
    cdef Exchange origin(self)
    cdef dict data(self)
    cdef list fields(self)


cdef class RequestPattern:
    cdef object genuine          # a class of Starlette's
    cdef object new
    cdef dict template           # what its __init__ leaves in a request
    cdef object compiled         # the class with the compiled half
    cdef object new_compiled
    cdef Watch watch


cdef class Exchange:
    # The request.
    cdef str method
    cdef str scope_path          # decoded path as the server gave it, root_path included
    cdef bytes query_string
    cdef list headers            # raw (name, value) pairs of bytes
    cdef dict scope              # the ASGI scope; a door without one builds it when asked
    cdef object receive
    cdef object send
    cdef list path_values        # what the router captured, in the order of the names
    cdef tuple path_names
    cdef bytes body              # None until it has been read whole
    cdef list query_pairs        # None until the query string was split
    cdef dict cookies            # None until the Cookie headers were read
    cdef object request          # starlette Request, once somebody wants to see one
    # The walk through the plan.
    cdef list results            # one slot for each dependency of the plan
    cdef list errors             # validation errors in the order they were found, or None
    cdef object json             # parsed body or form, where the plan needs the object
    cdef list form_items         # (name, value) pairs of a declared form; None: none was read
    cdef bint is_body_used       # a request that is made now finds nothing of it
    cdef object body_value       # validated body, where the fast way succeeded
    cdef dict body_values        # values of a body with several fields
    cdef object sub_response     # the Response that `response: Response` parameters share
    cdef object background       # BackgroundTasks of the dependencies and the handler
    cdef list stacks             # of StackCore, to be closed, innermost first; None at first
    cdef bint is_scope_shown     # the program holds it: what comes later is put there at once
    cdef bint may_lend           # the route has been entered; its exit stacks are not in the scope
    cdef tuple handlers          # for scope["starlette.exception_handlers"]
    cdef bint is_refused         # no route answers: 404 or 405
    cdef LentStacks lent         # exit stacks that are, or would be, in the scope; or None
    cdef object cleanup          # CancelScope around async generators, False if none is needed
    cdef int handled             # how many exceptions have become an answer
    cdef object inner_task       # where the route runs in a task of its own, or None
    cdef list kept_tasks         # TaskAfterMiddleware on the request's stack, or None
    # The response: either `response`, or status, head and payload.
    cdef object response         # starlette Response, made by the user or a cold path
    cdef int status
    cdef list head               # raw (name, value) pairs, None until `get_head`
    cdef bytes media_type        # of the payload, while there is no head
    cdef bytes payload
    cdef bint started            # the status line is out: no other response can follow

    cdef dict get_scope(self)
    cdef dict show_scope(self)
    cdef int lend_stacks(self) except -1
    cdef int push(self, Exit exit, bint ends_with_function) except -1
    cdef int adopt_stacks(self, bint with_function=*) except -1
    cdef int open(self) except -1
    cdef object get_request(self)
    cdef object get_cached_request(self)
    cdef object new_request(self, RequestPattern pattern)
    cdef int renew(self) except -1
    cdef dict path_params(self)
    cdef list get_query_pairs(self)
    cdef object get_form(self)
    cdef dict get_cookies(self)
    cdef list get_head(self)
    cdef bint answer(self, int status, bytes payload, bytes media_type) except -1
