"""C signatures of the hand-off to worker threads, shared with the plan."""

from fasterapi._speedups.threads cimport Job, ThreadPool


cdef ThreadPool current_pool()
cdef object copy_for_thread()
cdef object submit(ThreadPool pool, Job job)
