"""Layout of frozen answers, for the HTTP door."""

from fasterapi._speedups.head cimport FieldLines


cdef class Reply:
    cdef readonly int status
    cdef list fields             # raw (name, value) pairs, never changed
    cdef readonly bytes body     # what is sent: nothing for HEAD and 304
    cdef tuple cached            # (lines, head and body encoded with them)
    cdef bytes wire(self, FieldLines lines)


cdef class Variant:
    cdef Reply full
    cdef Reply bare              # the same without its body, for HEAD
    cdef Reply unmodified        # 304


cdef class Frozen:
    cdef Variant plain
    cdef dict encoded            # coding -> Variant
    cdef tuple codings           # best first; empty if there is only the plain answer
    cdef readonly bytes opaque   # the tag without W/, quotes included; None if there is none
    cdef Reply choose(self, bint is_head, list headers)
    cdef Variant negotiated(self, list headers)


cdef class FrozenSlot:
    cdef public Frozen answer
