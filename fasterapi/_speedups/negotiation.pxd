"""C interface of negotiation.pyx."""


cpdef object negotiate(bytes accept_encoding, tuple offered)
