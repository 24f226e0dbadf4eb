"""Layout of the encoders, shared with the plan."""


cdef class Encoder:
    cdef int status              # of a normal answer
    cdef bytes media_type
    cdef bytes encode(self, object value)
