"""Views of a request's raw data, for the exchange."""


cdef class Watch:
    cdef object owner           # the class
    cdef tuple names
    cdef unsigned int tag        # version of the class when it was last looked at
    cdef bint was_pristine
    cdef bint is_pristine(self) except -1


cdef object make_headers(list raw)
cdef object make_query(list pairs)
cdef object filled(object collection, list pairs)
