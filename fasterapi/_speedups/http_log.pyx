"""One line of the access log, as uvicorn's formatter wants its parts.

Request path: http_exchange (an answer begins) -> [here] -> logging, if requests are logged.
"""

from urllib.parse import quote


cdef int log_request(
    object logger, object client, str method, str path, bytes query, str version, int status
) except -1:
    """Log a request; what the client has sent is escaped, so that no line can be forged."""
    target = quote(path)
    if query:
        target = f"{target}?{query.decode('ascii')}"
    address = "%s:%d" % client if client else ""
    logger.info('%s - "%s %s HTTP/%s" %d', address, method, target, version, status)
    return 0
