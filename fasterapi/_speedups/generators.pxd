"""Entering generator dependencies, for the plan and the trips to threads."""

from fasterapi._speedups.exchange cimport Exchange


cdef object begin_generator(Exchange x, object generator, bint ends_with_function)
cdef tuple enter_in_thread(object generator)
