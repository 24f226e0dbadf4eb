"""Awaitables that need not wait."""


cdef class Ready:
    cdef object value


cdef Ready NOTHING
cdef Ready ready(dict message)
