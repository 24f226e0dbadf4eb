"""C interface of cookies.pyx."""


cdef str format_cookie(object key, object value, object max_age, object expires, object path,
                       object domain, object secure, object httponly, object samesite,
                       object partitioned)
