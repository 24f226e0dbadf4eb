"""Answering without a coroutine."""

from fasterapi._speedups.http_exchange cimport HttpExchange


cdef bint answer_natively(HttpExchange x) except -1
