"""Exit stacks that cost little while nobody uses them, for the exchange."""


cdef class StackCore:
    cdef object calls            # what the program has pushed there: a deque, or None


cdef class LentStacks:
    cdef StackCore inner         # to be closed after the response was sent
    cdef StackCore function      # before that
    cdef StackCore outer         # last


cdef LentStacks lent_stacks()
