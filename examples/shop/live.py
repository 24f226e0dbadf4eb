"""The live channels: a WebSocket for one's own order, an event stream of all new orders."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import closing, suppress
from functools import partial
from typing import Annotated
from urllib.parse import urlsplit

import anyio
from starlette.datastructures import State

from fasterapi import (
    APIRouter,
    Header,
    Query,
    Request,
    WebSocket,
    WebSocketDisconnect,
    WebSocketException,
    status,
)
from fasterapi.concurrency import run_in_threadpool
from fasterapi.sse import EventSourceResponse, ServerSentEvent

from .accounts import customer_of
from .database import connect
from .errors import NotFoundError
from .events import Change, Events
from .models import OrderNotice, OrderStatus
from .orders import check_access, load_notices, load_order

router = APIRouter(tags=["live"])

LOGIN_SECONDS = 5


@router.get("/feed/orders", response_class=EventSourceResponse)
async def order_feed(
    request: Request,
    last_event_id: Annotated[int | None, Header(ge=0, le=2**63 - 1)] = None,
    limit: Annotated[int | None, Query(ge=1, description="End after so many orders.")] = None,
) -> AsyncIterator[ServerSentEvent]:
    """Stream new orders, without names.

    A browser that reconnects sends the last id it has seen and gets what it missed.
    """
    state, sent = request.app.state, 0
    events: Events = state.events
    with events.subscribe() as changes:  # before looking, so that none falls in between
        seen = last_event_id
        if seen is None:
            seen = await run_in_threadpool(_newest_order, state)
        while True:
            notices = await run_in_threadpool(_notices_after, seen, state)
            for notice in notices:
                yield ServerSentEvent(data=notice, event="order", id=str(notice.id))
                seen, sent = notice.id, sent + 1
                if sent == limit:
                    return
            if not notices and not await _new_order(changes):
                return


async def _new_order(changes: asyncio.Queue[Change | None]) -> bool:
    """Wait for a new order; False if this client is too slow to be told of all."""
    while (change := await changes.get()) is not None:
        if change.is_new:
            return True
    return False


def _newest_order(state: State) -> int:
    with closing(connect(state.settings)) as database:
        newest: int = database.execute("SELECT coalesce(max(id), 0) FROM orders").fetchone()[0]
        return newest


def _notices_after(order_id: int, state: State) -> list[OrderNotice]:
    # A connection of its own: one held for the stream would be held for hours.
    with closing(connect(state.settings)) as database:
        return load_notices(order_id, database)


@router.websocket("/orders/{order_id}/status")
async def watch_order(websocket: WebSocket, order_id: int) -> None:
    """Tell the status of an order now and on every change; ends with the last one.

    The first message has to be ``{"token": "..."}``: browsers cannot send the header, and
    a token in the URL would end up in logs.
    """
    _refuse_foreign_pages(websocket)
    await websocket.accept()
    events: Events = websocket.app.state.events
    # Subscribed before looking, as above; a client may go away at any point.
    with suppress(WebSocketDisconnect), events.subscribe() as changes:
        now = await _log_in(websocket, order_id)
        await websocket.send_json({"order_id": order_id, "status": now})
        if now.next_ones:
            await _until_first_ends(
                partial(_tell_changes, websocket, order_id, changes),
                partial(_until_gone, websocket),
            )
        else:
            await websocket.close()


async def _tell_changes(
    websocket: WebSocket, order_id: int, changes: asyncio.Queue[Change | None]
) -> None:
    while (change := await changes.get()) is not None:
        if change.order_id == order_id:
            await websocket.send_json({"order_id": order_id, "status": change.status})
            if not change.status.next_ones:
                await websocket.close()
                return
    await websocket.close(status.WS_1013_TRY_AGAIN_LATER, "too slow, connect again")


def _refuse_foreign_pages(websocket: WebSocket) -> None:
    """Browsers let any page open a WebSocket; only the Origin header tells which one did."""
    origin = websocket.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != websocket.headers.get("host"):
        raise WebSocketException(status.WS_1008_POLICY_VIOLATION, "foreign origin")


async def _log_in(websocket: WebSocket, order_id: int) -> OrderStatus:
    try:
        text = await asyncio.wait_for(websocket.receive_text(), LOGIN_SECONDS)
        token = json.loads(text)["token"]
    except (TimeoutError, ValueError, KeyError, TypeError, RecursionError):
        token = None
    state = websocket.app.state
    if isinstance(token, str):
        now = await run_in_threadpool(_status_of, order_id, token, state)
        if now is not None:
            return now
    raise WebSocketException(status.WS_1008_POLICY_VIOLATION, "no such order for this token")


def _status_of(order_id: int, token: str, state: State) -> OrderStatus | None:
    with closing(connect(state.settings)) as database:
        customer = customer_of(token, state.token_key, database)
        if customer is None or not 0 < order_id < 2**63:
            return None
        try:
            check_access(order_id, customer.id, customer.is_staff, database)
        except NotFoundError:
            return None
        return load_order(order_id, database).status


async def _until_gone(websocket: WebSocket) -> None:
    try:
        while True:
            await websocket.receive_text()
    except (WebSocketDisconnect, KeyError):  # KeyError: a binary message, nothing we speak
        return


async def _until_first_ends(*functions: Callable[[], Awaitable[None]]) -> None:
    """Run the functions side by side; the first one to end stops the others."""
    async with anyio.create_task_group() as group:

        async def run(function: Callable[[], Awaitable[None]]) -> None:
            with suppress(WebSocketDisconnect):  # gone while we were sending
                await function()
            group.cancel_scope.cancel()

        for function in functions:
            group.start_soon(run, function)
