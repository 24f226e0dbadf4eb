"""C interface of headers.pyx."""


cdef enum:
    NOT_JSON = 0
    IS_JSON = 1     # compare with this one: NOT_SURE is true as a condition
    NOT_SURE = 2    # email.message.Message has to say


cpdef object find(list raw, bytes lower_name)
cpdef list find_all(list raw, bytes lower_name)
cdef int is_json_content_type(bytes value) except -1
cpdef dict parse_cookies(str header)
