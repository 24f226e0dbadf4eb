"""Generator dependencies: run up to their ``yield`` here, and on when the request is over.

Request path: plan, hop -> [here] -> exit_stacks (the rest of the generator).
Reference implementation: `fasterapi.dependencies.utils._solve_generator`, which makes context
managers of `contextlib` of them.
"""

cimport cython
from fasterapi._speedups.exchange cimport Exchange
from fasterapi._speedups.exit_stacks cimport Exit
from fasterapi._speedups.handoff cimport is_in_cancel_scope
from fasterapi._speedups.stepping cimport STOPPED, Rest, begin, begin_next

from anyio import CancelScope
from anyio.lowlevel import checkpoint_if_cancelled

from fasterapi._speedups.handoff import run_at_once

cdef object END = object()


cdef object begin_generator(Exchange x, object generator, bint ends_with_function):
    """Return what an async generator yields, or a `Rest` of it; later it goes on.

    Args:
        x: The exchange.
        generator: Nobody has begun it.
        ends_with_function: Whether it goes on before the answer is sent.
    """
    cdef OpenGenerator opened = OpenGenerator.__new__(OpenGenerator)
    opened.generator = generator
    opened.cleanup = cleanup_scope(x)
    value = begin_next(generator)
    if type(value) is Rest:
        return begin(enter_later(x, opened, value, ends_with_function))
    if value is STOPPED:
        raise RuntimeError("generator didn't yield")
    x.push(opened, ends_with_function)
    return value


async def enter_later(Exchange x not None, OpenGenerator opened not None, rest,
                      bint ends_with_function):
    """Return what a generator yields that has to wait before."""
    try:
        value = await rest
    except StopAsyncIteration:
        raise RuntimeError("generator didn't yield") from None
    x.push(opened, ends_with_function)
    return value


cdef object cleanup_scope(Exchange x):
    """Return the scope that lets async generators finish while the request is being cancelled.

    False where nothing is around the request that could cancel it in anyio's way. The scope is
    entered before the first of the generators, so that it encloses those that they open.
    """
    if x.cleanup is None:
        x.cleanup = False
        if is_in_cancel_scope():
            opened = OpenScope.__new__(OpenScope)
            (<OpenScope>opened).scope = x.cleanup = CancelScope()
            x.cleanup.__enter__()
            x.push(opened, False)
    return x.cleanup


@cython.final
cdef class OpenScope(Exit):
    """A cancel scope that was entered."""

    cdef object scope

    cdef object leave(self, object error):
        if error is None:
            return bool(self.scope.__exit__(None, None, None))
        return bool(self.scope.__exit__(type(error), error, error.__traceback__))


@cython.final
cdef class OpenGenerator(Exit):
    """An async generator that has yielded."""

    cdef object generator
    cdef object cleanup          # the scope to be shielded when it goes on, or False

    cdef object leave(self, object error):
        if error is not None or self.cleanup is not False:
            return self.leave_shielded(error)
        rest = begin_next(self.generator)
        if rest is STOPPED:
            return self.leave_checkpoint() if is_in_cancel_scope() else False
        return self.leave_later(rest)

    async def leave_later(self, rest):
        """Go on with a generator that has to wait, or has yielded again."""
        if type(rest) is Rest:
            try:
                await rest
            except StopAsyncIteration:
                if is_in_cancel_scope():
                    await checkpoint_if_cancelled()
                return False
        await self.refuse("generator didn't stop")

    async def leave_checkpoint(self):
        """Raise the cancellation that the generator may have swallowed inside of a scope."""
        await checkpoint_if_cancelled()
        return False

    async def leave_shielded(self, error):
        """Go on with the generator, shielded; return whether it has swallowed *error*."""
        scope = self.cleanup
        if scope is False:
            is_swallowed = await self.leave_with(error)
        else:
            shield_before = scope.shield
            scope.shield = True
            try:
                is_swallowed = await self.leave_with(error)
            finally:
                scope.shield = shield_before
        if (error is None or is_swallowed) and is_in_cancel_scope():
            await checkpoint_if_cancelled()
        return is_swallowed

    async def leave_with(self, error):
        """Go on with the generator because of *error*, as `contextlib` does."""
        if error is None:
            rest = begin_next(self.generator)
            return False if rest is STOPPED else await self.leave_later(rest)
        traceback = error.__traceback__
        try:
            await self.generator.athrow(error)
        except StopAsyncIteration as other:
            return other is not error
        except BaseException as other:
            if not is_same(other, error, (StopIteration, StopAsyncIteration)):
                raise
            error.__traceback__ = traceback
            return False
        await self.refuse("generator didn't stop after athrow()")

    async def refuse(self, str text not None):
        """Close a generator that has yielded again, and say so."""
        try:
            raise RuntimeError(text)
        finally:
            await self.generator.aclose()


cdef bint is_same(object other, object error, object stops) except -1:
    """Return whether a generator has let *error* through.

    One of *stops* cannot leave a generator; the interpreter puts a RuntimeError in its place.
    """
    if other is error:
        return True
    return (
        isinstance(other, RuntimeError)
        and isinstance(error, stops)
        and other.__cause__ is error
    )


cdef tuple enter_in_thread(object generator):
    """Run a generator up to its ``yield``; return what is to be left, and the value."""
    cdef OpenThreadGenerator opened = OpenThreadGenerator.__new__(OpenThreadGenerator)
    value = next(generator, END)
    if value is END:
        raise RuntimeError("generator didn't yield")
    opened.generator = generator
    return opened, value


@cython.final
cdef class OpenThreadGenerator(Exit):
    """A generator that has yielded, in a worker thread."""

    cdef object generator

    cdef object leave(self, object error):
        return self.leave_later(error)

    async def leave_later(self, error):
        """Have a thread go on with it: shielded, a cancelled request must release what it has."""
        # Not behind others: were the exit to wait for one of the shared threads, and those
        # for what it gives back (a pooled connection, say), nothing would move any more.
        if not is_in_cancel_scope():
            return await run_at_once(self.go_on, error)
        with CancelScope(shield=True):
            return await run_at_once(self.go_on, error)

    def go_on(self, error):
        """Return whether the generator has swallowed *error*, as `contextlib` does."""
        if error is None:
            if next(self.generator, END) is END:
                return False
            self.refuse("generator didn't stop")
        traceback = error.__traceback__
        try:
            self.generator.throw(error)
        except StopIteration as other:
            return other is not error
        except BaseException as other:
            if not is_same(other, error, StopIteration):
                raise
            error.__traceback__ = traceback
            return False
        self.refuse("generator didn't stop after throw()")

    def refuse(self, str text not None):
        """Close a generator that has yielded again, and say so."""
        try:
            raise RuntimeError(text)
        finally:
            self.generator.close()
