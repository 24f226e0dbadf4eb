"""C interface of form.pyx."""


cdef enum:
    NO_FORM = 0
    URLENCODED = 1
    MULTIPART = 2


cdef class FormLimits:
    cdef readonly Py_ssize_t max_files
    cdef readonly Py_ssize_t max_fields
    cdef readonly Py_ssize_t max_part_size   # in bytes
    cdef dict inherited          # what is in scope["fastapi"] where these hold


cdef int form_kind(object content_type) except -1
cdef list form_items(bytes body, object content_type, FormLimits limits)
cdef object make_form(list items)
cdef bint holds_file(list items) except -1
cdef bint is_empty_input(object value) except -1
