"""``cancel_on_disconnect``: a handler whose client is gone is cancelled, if that is asked for."""

import asyncio
import socket
import struct
import threading

import pytest
from starlette.middleware import Middleware

from fasterapi import APIRouter, App, BackgroundTasks, Depends, FasterAPI
from tests.http.door import serving, wait_until

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


class Pass:
    """A middleware class that does nothing; for the way by ASGI messages."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        await self.app(scope, receive, send)


def add_handler(target, seen, *, is_compiled=True, **options):
    """Add a route that waits, with dependencies that have an end."""

    async def outer():
        try:
            yield
        except asyncio.CancelledError:
            seen.append("outer cancelled")
            raise
        finally:
            await asyncio.sleep(0)
            seen.append("outer closed")

    def inner(_outer: None = Depends(outer)):
        try:
            yield
        finally:
            seen.append("inner closed")

    @target.get("/", **options)
    async def wait(_inner: None = Depends(inner)):
        seen.append("waiting")
        try:
            await asyncio.Event().wait()
        finally:
            seen.append("handler left")

    if not is_compiled:  # a route that was changed in place is answered by the reference path
        plain = target.routes[-1].app

        async def changed(scope, receive, send):
            await plain(scope, receive, send)

        target.routes[-1].app = changed


def add_finisher(target, seen, **options):
    """Add a route that ends in its own time; return the event that lets it."""
    done = threading.Event()

    @target.get("/", **options)
    async def finish():
        await work_on(seen, done)

    return done


async def work_on(seen, done):
    seen.append("waiting")
    await asyncio.get_running_loop().run_in_executor(None, done.wait)
    seen.append("finished")


def leave_before_the_end(app, seen, done, **options):
    """Serve *app* to a client that is gone before *done* is set; wait until all is over."""
    with serving(app, lifespan="on", **options) as door:
        leave(door, seen, is_rude=True)
        wait_until(lambda: not door.server.server_state.connections)
        done.set()
        wait_until(lambda: not door.server.server_state.tasks)


def leave(door, seen, *, is_rude=False):
    """Go away in the middle of the request; rudely, so that the connection is lost at once."""
    seen.clear()
    with door.connect() as client:
        client.sendall(GET)
        wait_until(lambda: "waiting" in seen)
        if is_rude:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


CLOSED = ["waiting", "handler left", "inner closed", "outer cancelled", "outer closed"]


def place(way):
    """Return app, where routes are declared, the route's options and the server's."""
    app = (App if way == "App" else FasterAPI)(
        **({"cancel_on_disconnect": True} if way in ("application", "App") else {})
    )
    router = APIRouter(cancel_on_disconnect=True) if way == "router" else app
    options = {"cancel_on_disconnect": True} if way == "route" else {}
    return app, router, options, {"cancel_on_disconnect": way == "server"}


@pytest.mark.parametrize("is_compiled", [True, False], ids=["compiled", "reference path"])
@pytest.mark.parametrize("way", ["server", "application", "App", "router", "route"])
def test_handler_is_cancelled_and_its_dependencies_are_closed(way, is_compiled):
    app, target, options, limits = place(way)
    seen = []
    add_handler(target, seen, is_compiled=is_compiled, **options)
    if target is not app:
        app.include_router(target)
    with serving(app, limits=limits, lifespan="on") as door:
        for _ in range(2):
            leave(door, seen)
            wait_until(lambda: "outer closed" in seen)
            assert seen == CLOSED
        wait_until(lambda: not door.server.server_state.tasks)


def test_middleware_class_makes_no_difference():
    app = FasterAPI(middleware=[Middleware(Pass)], cancel_on_disconnect=True)
    seen = []
    add_handler(app, seen)
    with serving(app, lifespan="on") as door:
        leave(door, seen)
        wait_until(lambda: "outer closed" in seen)
        assert seen == CLOSED


@pytest.mark.parametrize("way", ["application", "router", "server"])
def test_route_has_the_last_word(way):
    app, target, _, limits = place(way)
    seen = []
    done = add_finisher(target, seen, cancel_on_disconnect=False)
    if target is not app:
        app.include_router(target)
    leave_before_the_end(app, seen, done, limits=limits)
    assert seen == ["waiting", "finished"]


def test_nothing_is_cancelled_unless_asked_for():
    app, seen = FasterAPI(), []
    leave_before_the_end(app, seen, add_finisher(app, seen))
    assert seen == ["waiting", "finished"]


def test_thread_ends_before_the_dependencies_that_it_uses_are_closed():
    """Nobody can stop a thread: what it works with must not be taken away from it."""
    app = FasterAPI(cancel_on_disconnect=True)
    seen, done = [], threading.Event()

    async def resource():
        yield
        seen.append("closed")

    @app.get("/")
    def work(_resource: None = Depends(resource)):
        seen.append("waiting")
        done.wait()
        seen.append("finished")

    leave_before_the_end(app, seen, done)
    assert seen[:2] == ["waiting", "finished"]


def test_answered_request_is_not_cancelled():
    """Background tasks have nothing to do with the client any more."""
    app = FasterAPI(cancel_on_disconnect=True)
    seen, done = [], threading.Event()

    @app.get("/")
    async def answer(background: BackgroundTasks):
        background.add_task(work_on, seen, done)

    leave_before_the_end(app, seen, done)
    assert seen == ["waiting", "finished"]


def test_cancelled_requests_do_not_fill_the_log(caplog):
    app = FasterAPI(cancel_on_disconnect=True)
    seen = []
    add_handler(app, seen)
    with serving(app, lifespan="on") as door:
        leave(door, seen)
        wait_until(lambda: "outer closed" in seen)
        wait_until(lambda: not door.server.server_state.tasks)
    assert [record for record in caplog.records if record.levelname in ("WARNING", "ERROR")] == []
