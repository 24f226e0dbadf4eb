"""The two ways to answer an exchange."""

from fasterapi._speedups.http_exchange cimport HttpExchange


cdef object answer_by_plan(HttpExchange x)
cdef object answer_by_app(HttpExchange x)
