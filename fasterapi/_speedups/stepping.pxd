"""Calling a coroutine as far as it goes without waiting."""


cdef class Rest:
    cdef object coroutine
    cdef object first        # what it waits for; given to the event loop once, then None
    cdef bint is_given


cdef object begin(object awaitable)
cdef object begin_next(object generator)
cdef object STOPPED      # what `begin_next` returns at the end of the generator
