"""Answers to exceptions by the handlers that every application has, for the dispatcher."""

from fasterapi._speedups.exchange cimport Exchange


cdef class ErrorAnswers:
    cdef object http_handler
    cdef object invalid_handler
    cdef object invalid             # exception class of a 422
    cdef object response_class
    cdef bint answer(self, Exchange x, object handler, object error) except -1
    cdef bint answer_http(self, Exchange x, object error) except -1
    cdef bint answer_invalid(self, Exchange x, object error) except -1
