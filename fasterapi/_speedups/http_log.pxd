"""The access log."""


cdef int log_request(
    object logger, object client, str method, str path, bytes query, str version, int status
) except -1
