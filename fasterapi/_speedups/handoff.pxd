"""C signatures of the hand-off to worker threads, shared with the plan."""

from fasterapi._speedups.threads cimport Job, ThreadPool


cdef ThreadPool current_pool()
cdef bint is_in_cancel_scope() except -1
cdef object copy_for_thread()
cdef object submit(ThreadPool pool, Job job)
