"""Host and port, and the numbers of HTTP."""


cdef long long length_of(bytes value) noexcept
cdef bint is_authority(bytes value) except -1
