"""C interface of query.pyx."""


cpdef list parse_pairs(bytes raw)
cpdef object get_last(list pairs, str name)
cpdef list get_all(list pairs, str name)
cpdef object find_last(bytes raw, str name)
cpdef str unquote_path(bytes raw_path)
