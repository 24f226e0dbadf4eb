"""Answers of generator endpoints: server-sent events, JSON lines, and raw chunks."""

# ruff: noqa: SLF001  the package shares names that FastAPI spells with an underscore

import json
import math
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import anyio
import anyio.lowlevel
from anyio.abc import ObjectReceiveStream, ObjectSendStream
from starlette.responses import Response

import fasterapi.routing as names
from fasterapi._speedups.iteration import iterate_in_threadpool
from fasterapi.dependencies.models import _is_async_gen_callable
from fasterapi.exceptions import EndpointContext
from fasterapi.routing import patchpoints
from fasterapi.routing.rules import ResponseRules, Solved
from fasterapi.sse import ServerSentEvent

__all__ = ("stream_response",)

ItemEncoder = Callable[[Any], bytes]


def _normalize_non_finite_floats(data: Any) -> Any:
    """Return *data* with NaN and the infinities as None, as pydantic writes them in JSON."""
    if isinstance(data, float):
        return data if math.isfinite(data) else None
    if isinstance(data, dict):
        return {key: _normalize_non_finite_floats(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_normalize_non_finite_floats(value) for value in data]
    return data


def _plain_json(value: Any) -> str:
    return json.dumps(_normalize_non_finite_floats(names.jsonable_encoder(value)))


def _item_encoder(rules: ResponseRules, endpoint_ctx: EndpointContext | None) -> ItemEncoder:
    """Return the function that makes JSON of one item, validated if its type is declared."""
    field = rules.stream_item_field
    if field is None:
        return lambda item: _plain_json(item).encode("utf-8")

    def encode(item: Any) -> bytes:
        value, errors = field.validate(item, {}, loc=("response",))
        if errors:
            raise names.ResponseValidationError(
                errors=errors, body=item, endpoint_ctx=endpoint_ctx or EndpointContext()
            )
        encoded: bytes = field.serialize_json(value, **rules.dump_options())
        return encoded

    return encode


def _event_encoder(encode_item: ItemEncoder) -> ItemEncoder:
    """Return the function that makes one event of the stream."""

    def encode(item: Any) -> bytes:
        if not isinstance(item, ServerSentEvent):
            return names.format_sse_event(data_str=encode_item(item).decode("utf-8"))
        return names.format_sse_event(
            data_str=_event_data(item),
            event=item.event,
            id=item.id,
            retry=item.retry,
            comment=item.comment,
        )

    return encode


def _event_data(event: ServerSentEvent) -> str | None:
    if event.raw_data is not None:
        return event.raw_data
    if event.data is None:
        return None
    if hasattr(event.data, "model_dump_json"):
        dumped: str = event.data.model_dump_json()
        return dumped
    return _plain_json(event.data)


async def _feed(
    items: AsyncIterator[Any], encode: ItemEncoder, output: ObjectSendStream[bytes]
) -> None:
    async with output:
        async for item in items:
            await output.send(encode(item))


async def _forward_with_pings(
    source: ObjectReceiveStream[bytes], output: ObjectSendStream[bytes]
) -> None:
    """Pass events on; whenever none came for the ping interval, send a comment instead.

    The timeout must not touch the generator itself, whose pending step it would cancel.
    """
    async with output, source:
        while True:
            try:
                with anyio.fail_after(names._PING_INTERVAL):
                    event = await source.receive()
            except TimeoutError:
                event = names.KEEPALIVE_COMMENT
            except anyio.EndOfStream:
                return
            await output.send(event)


@asynccontextmanager
async def _running_events(
    items: AsyncIterator[Any], encode: ItemEncoder
) -> AsyncIterator[ObjectReceiveStream[bytes]]:
    """Run the generator in a task of its own while the block is open."""
    feed_in, feed_out = anyio.create_memory_object_stream[bytes](max_buffer_size=1)
    wire_in, wire_out = anyio.create_memory_object_stream[bytes](max_buffer_size=1)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_feed, items, encode, feed_in)
        tasks.start_soon(_forward_with_pings, feed_out, wire_in)
        yield wire_out
        tasks.cancel_scope.cancel()


async def _with_checkpoints(chunks: AsyncIterator[Any]) -> AsyncIterator[Any]:
    """Yield *chunks*, letting other tasks run (and cancel this one) after each."""
    async for chunk in chunks:
        yield chunk
        await anyio.lowlevel.checkpoint()


async def _json_lines(items: AsyncIterator[Any], encode: ItemEncoder) -> AsyncIterator[bytes]:
    async for item in items:
        yield encode(item) + b"\n"
        await anyio.lowlevel.checkpoint()


def _sync_json_lines(items: Iterator[Any], encode: ItemEncoder) -> Iterator[bytes]:
    for item in items:
        yield encode(item) + b"\n"


def _iterate_in_threads(generator: Iterator[Any]) -> AsyncIterator[Any]:
    if patchpoints.is_original("iterate_in_threadpool"):
        return iterate_in_threadpool(generator)
    replaced: AsyncIterator[Any] = names.iterate_in_threadpool(generator)
    return replaced


async def _event_stream(
    generator: Any, *, is_async: bool, encode: ItemEncoder, exit_stack: AsyncExitStack
) -> AsyncIterator[bytes]:
    items = aiter(generator) if is_async else _iterate_in_threads(generator)
    events = await exit_stack.enter_async_context(_running_events(items, encode))
    # Last in, first out: the reader closes before its tasks are cancelled.
    exit_stack.push_async_callback(events.aclose)
    return _with_checkpoints(events)


async def stream_response(
    call: Callable[..., Any],
    values: dict[str, Any],
    rules: ResponseRules,
    solved: Solved,
    exit_stack: AsyncExitStack,
    endpoint_ctx: EndpointContext | None = None,
) -> Response:
    """Return the answer of a generator endpoint.

    Args:
        call: The endpoint, a generator function or an async one.
        values: Its arguments by name.
        rules: How the route answers.
        solved: Background tasks and the injected response of the dependencies.
        exit_stack: Closed after the answer has been sent.
        endpoint_ctx: Where the endpoint is defined, for error reports.
    """
    is_async = _is_async_gen_callable(call)
    generator: Any = call(**values)
    arguments = names._build_response_args(status_code=rules.status_code, solved_result=solved)
    response: Response
    if rules.is_sse_stream:
        encode = _event_encoder(_item_encoder(rules, endpoint_ctx))
        events = await _event_stream(
            generator, is_async=is_async, encode=encode, exit_stack=exit_stack
        )
        response = names.StreamingResponse(events, media_type="text/event-stream", **arguments)
        response.headers["Cache-Control"] = "no-cache"
        # Proxies (nginx) would hold events back.
        response.headers["X-Accel-Buffering"] = "no"
    elif rules.is_json_stream:
        lines = _json_lines if is_async else _sync_json_lines
        content: Any = lines(generator, _item_encoder(rules, endpoint_ctx))
        response = names.StreamingResponse(content, media_type="application/jsonl", **arguments)
    else:
        chunks = _with_checkpoints(generator) if is_async else generator
        response = rules.response_class(content=chunks, **arguments)
    response.headers.raw.extend(solved.response.headers.raw)
    return response
