"""Layout of compiled handlers; `fasterapi/native.pxd` gives the names to users."""


cdef class Exchange:
    # What a compiled handler sees of a request. New methods go to the end: the order is what
    # modules compiled earlier rely on.
    cdef str _method
    cdef str _path
    cdef bytes _query_string
    cdef list _headers
    cdef tuple _path_names
    cdef list _path_values
    cdef bytes _body
    cdef int _status
    cdef list _fields
    cdef bytes _media_type
    cdef bint _is_open
    cpdef str method(self)
    cpdef str path(self)
    cpdef bytes query_string(self)
    cpdef str query(self, str name)
    cpdef bytes header(self, bytes name)
    cpdef list header_values(self, bytes name)
    cpdef object path_param(self, str name)
    cpdef bytes body(self)
    cpdef object set_status(self, int status)
    cpdef object set_media_type(self, bytes media_type)
    cpdef object add_header(self, bytes name, bytes value)
    cdef int _check(self) except -1


ctypedef bytes (*Handler)(Exchange x)


cdef class CompiledHandler:
    cdef readonly str name
    cdef Handler pointer
    cdef bytes call(self, Exchange x)


cdef class CompiledSlot:
    cdef readonly CompiledHandler handler
    cdef str path
    cdef int status
    cdef bytes media_type
    cdef readonly object failing     # function (error) -> EndpointPlan that raises it
    cdef bytes answer(self, Exchange x)


cdef class Server:
    cdef object declare
    cdef int add_route(
        self, str method, str path, Handler handler, dict options=*
    ) except -1


cdef CompiledHandler wrap_handler(str name, Handler handler)
cdef Exchange open_exchange(
    str method, str path, bytes query_string, list headers, tuple path_names, list path_values,
    bytes body,
)
