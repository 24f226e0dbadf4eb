"""A request's trip to a worker thread: its consecutive plain functions in one.

Request path: plan -> [here] -> handoff -> [here, in the thread] -> plan.
Reference implementation: one `run_in_threadpool` for each function, as in
`fasterapi.dependencies.solve`.

What a dependency sets in a context variable stays in its own copy of the task's context, as if
each had gone to a thread of its own. So do the variables that validators set: those of the first
step's arguments run in the loop, those of the following ones here.
"""

cimport cython
from cpython.contextvars cimport PyContext_Copy, PyContext_Enter, PyContext_Exit
from fasterapi._speedups.arguments cimport FAILED
from fasterapi._speedups.call cimport call_list
from fasterapi._speedups.exchange cimport Exchange
from fasterapi._speedups.generators cimport enter_in_thread
from fasterapi._speedups.handoff cimport copy_for_thread, current_pool, submit
from fasterapi._speedups.plan cimport (
    STYLE_CALL, STYLE_REPEAT, STYLE_THREAD, STYLE_THREAD_GENERATOR, EndpointPlan, Step,
    has_body_value, put_body,
)
from fasterapi._speedups.threads cimport Job, ThreadPool

from starlette.concurrency import run_in_threadpool


@cython.final
cdef class Hop(Job):
    """One trip, which begins with a step whose arguments are known."""

    cdef int perform(self) except -1:
        """Call the steps one after the other, as far as this thread can go."""
        cdef bint is_first = True
        while True:
            context = PyContext_Copy(self.context)
            PyContext_Enter(context)
            try:
                if not is_first and not self.find_step():
                    return 0
                self.call_step()
            finally:
                PyContext_Exit(context)
            if self.has_value or self.is_abandoned:
                break
            is_first = False
        if not self.is_abandoned:
            PyContext_Enter(self.context)
            try:
                self.is_answered = self.plan.encode(self.x, self.value)
            finally:
                PyContext_Exit(self.context)
        return 0

    def perform_here(self):
        """Do the same in a thread of anyio's."""
        self.perform()

    cdef object subject(self):
        return self.step.call

    cdef int call_step(self) except -1:
        """Call the present step and keep its value."""
        cdef tuple entered
        value = call_list(self.step.call, self.arguments, self.step.keywords)
        if self.step.style == STYLE_THREAD_GENERATOR:
            entered = enter_in_thread(value)
            value = entered[1]
            # What is entered when nobody waits any more is nobody's to leave.
            if not self.is_abandoned:
                self.x.push(entered[0], self.step.ends_with_function)
        if self.index == len(self.plan.steps):
            self.value = value
            self.has_value = True
        else:
            self.x.results[self.index] = value
            self.index += 1
        return 0

    cdef bint find_step(self) except -1:
        """Find the next call and its arguments; false if it is the loop's turn."""
        cdef Exchange x = self.x
        cdef Step step
        while self.index < len(self.plan.steps):
            step = self.plan.steps[self.index]
            if step.style == STYLE_REPEAT:
                if x.results[step.repeats] is FAILED:
                    return False
                x.results[self.index] = x.results[step.repeats]
            elif (
                step.style not in (STYLE_THREAD, STYLE_CALL, STYLE_THREAD_GENERATOR)
                or step.read_body is not None
            ):
                return False
            else:
                self.arguments = step.collect(x)
                if self.arguments is not None:
                    self.step = step
                    return True
                x.results[self.index] = FAILED
            self.index += 1
        return self.find_endpoint()

    cdef bint find_endpoint(self) except -1:
        """Find the endpoint's arguments; false if it is the loop's turn."""
        cdef Step step = self.plan.final
        if step.style != STYLE_THREAD:
            return False
        if step.read_body is not None and not has_body_value(self.x):
            return False
        self.arguments = step.collect(self.x)
        if self.arguments is None or self.x.errors is not None:
            self.is_invalid = True
            return False
        if step.read_body is not None:
            put_body(self.x, step, self.arguments)
        self.step = step
        return True


cdef Hop make_hop(EndpointPlan plan, Exchange x, Py_ssize_t index, Step step, list arguments):
    """Return the trip that begins with *step*, number *index* of the plan."""
    cdef Hop hop = Hop.__new__(Hop)
    hop.plan = plan
    hop.x = x
    hop.index = index
    hop.step = step
    hop.arguments = arguments
    hop.context = copy_for_thread()
    return hop


cdef object cross(Hop hop):
    """Return an awaitable of the trip's end, which raises what a function raised."""
    cdef ThreadPool pool = current_pool()
    if pool is None:
        return run_in_threadpool(hop.perform_here)
    return submit(pool, hop)
