"""Layout of the hand-off to worker threads, shared with the plan."""


cdef class ThreadPool


cdef class Job:
    cdef object future           # what the awaiting task waits for
    cdef object context          # contextvars.Context of that task, copied
    cdef object cancel_scope     # anyio's scope around that task, or None
    cdef object error            # what the work raised
    cdef Job following           # next in the queue, then next in the list of finished ones
    cdef bint is_started         # a thread has taken it
    cdef bint is_finished        # its end has been seen by the loop
    cdef bint is_urgent          # no thread makes room for others while it waits
    cdef bint is_abandoned       # nobody waits any more: begin nothing new
    cdef int perform(self) except -1
    cdef object subject(self)


cdef class CallJob(Job):
    cdef object call
    cdef tuple arguments
    cdef dict keywords
    cdef object value            # what the call returned


cdef class Worker:
    cdef ThreadPool pool
    cdef object signal           # lock, held while there is nothing to do
    cdef object thread
    cdef int state
    cdef Job job                 # what it is doing
    cdef int work(self, object set_scope) except -1
    cdef bint wait(self) except -1


cdef class ThreadPool:
    cdef readonly object loop
    cdef readonly object limiter  # anyio's default one: how many threads may work at a time
    cdef readonly object max_queued  # number of jobs that may wait for a thread, or None
    cdef object call_soon_threadsafe
    cdef object deliver_method
    cdef object call_soon
    cdef object call_method
    cdef object check_method
    cdef list tokens             # borrowed from the limiter, one for each working thread
    cdef set workers             # all threads
    cdef list idle               # those without work, the last used one last
    cdef Job first               # queue of what no thread has taken
    cdef Job last
    cdef Job done_first          # finished, not yet delivered
    cdef Job done_last
    cdef Py_ssize_t queued
    cdef Py_ssize_t ready        # threads that will look at the queue again before they wait
    cdef Py_ssize_t to_yield     # threads that should pause for somebody else's turn
    cdef long long taken         # jobs taken, ever
    cdef long long taken_before  # as it was at the last check
    cdef bint is_notified        # the loop has been told that there is something to deliver
    cdef double stall_s          # seconds without a free thread that are logged
    cdef int stalled             # looks in a row at which no thread had become free
    cdef bint will_call          # the loop will wake a thread when it has queued what is there
    cdef bint has_timer
    cdef bint is_asking          # a task waits for a token
    cdef bint is_stopping
    cdef int begin(self) except -1
    cdef int submit(self, Job job) except -1
    cdef bint has_room(self) except -1
    cdef bint borrow(self) except -1
    cdef int wake(self, Py_ssize_t count) except -1
    cdef int rouse(self) except -1
    cdef int refuse(self, object error) except -1
    cdef int arm(self, double seconds) except -1
    cdef int note_stall(self) except -1
    cdef list calls(self)
    cdef int settle(self) except -1
    cdef Job take(self, Worker worker)
    cdef int finish(self, Worker worker, Job job) except -1
    cdef int notify(self) except -1
    cdef bint retire(self, Worker worker) except -1
