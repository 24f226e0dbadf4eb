"""Exit stacks that cost little while nobody looks at them, for the exchange."""


cdef class Exit:
    cdef object leave(self, object error)


cdef class StackCore:
    cdef list exits              # of Exit: what the framework has entered, outermost first
    cdef object calls            # what there is to close, for the program: a deque, or None
    cdef bint is_used(self)
    cdef int push(self, Exit exit) except -1


cdef class LentStacks:
    cdef StackCore inner         # to be closed after the response was sent
    cdef StackCore function      # before that
    cdef StackCore outer         # last
    cdef bint is_adopted         # the exchange closes them


cdef LentStacks lent_stacks()
cdef StackCore new_stack()
