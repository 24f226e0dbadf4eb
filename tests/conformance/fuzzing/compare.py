"""One random program on FastAPI and on both paths of FasterAPI: what differs."""

import asyncio
import json
import re
import warnings
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import fastapi
import fastapi.responses
import fastapi.security  # noqa: F401, RUF100  programs name it as an attribute

import fasterapi
import fasterapi.responses
import fasterapi.security  # noqa: F401, RUF100
from fasterapi.middleware.stack import build_stack
from tests.conformance.fuzzing import vocabulary
from tests.conformance.fuzzing.program import Program, write_program
from tests.conformance.fuzzing.requests import Call, write_calls

DOORS = ("fastapi", "compiled", "reference")
"""FastAPI itself; FasterAPI with its compiled plans; FasterAPI without them."""

_CALLS = 14
_PATIENCE_S = 20.0


Ask = Callable[[Any, Any, list[str]], Awaitable[Any]]
"""Makes one call of an application, whose log is given, and returns what can be seen of it."""


@dataclass(frozen=True)
class Difference:
    """What one of our doors does otherwise than FastAPI."""

    seed: int
    door: str
    subject: str
    call: Any
    theirs: Any
    ours: Any

    def __str__(self) -> str:
        lines = [f"seed {self.seed}, {self.door} door: {self.subject}"]
        if self.call is not None:
            lines.append(f"  request   {self.call}")
        lines += [f"  fastapi   {self.theirs!r}", f"  fasterapi {self.ours!r}"]
        return "\n".join(lines)


@dataclass(frozen=True)
class Outcome:
    """Everything that can be seen of one request.

    Attributes:
        messages: Status and headers of the answer, and how its body came.
        events: What dependencies, handler and background tasks have logged, in order.
        error: Type and text of what came out of the application, None if nothing did.
    """

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes
    events: list[str]
    error: tuple[str, str] | None


def compare(seed: int) -> list[Difference]:
    """Return how the program of *seed* differs; empty if it does not."""
    program = write_program(seed)
    calls = write_calls(program, _CALLS)
    theirs, *ours = (observe(program, calls, door, _ask) for door in DOORS)
    found = []
    for door, seen in zip(DOORS[1:], ours, strict=True):
        found.extend(differences(seed, door, calls, theirs, seen))
    return found


def differences(
    seed: int, door: str, calls: Sequence[Any], theirs: list[Any], ours: list[Any]
) -> Iterator[Difference]:
    """Yield what is different, and not on purpose, between two observations."""
    if any(isinstance(item, tuple) and item[0] == "UsageError" for item in ours):
        return  # a program that can never work is refused when it is built
    subjects = ["building", "document", *calls, "late routes", "late document"]
    for subject, their, our in zip(subjects, theirs, ours, strict=False):
        if their == our or (isinstance(subject, Call) and _is_on_purpose(subject, their, our)):
            continue
        if isinstance(subject, str):
            if isinstance(their, tuple) and isinstance(our, tuple) and our[1].startswith(their[1]):
                continue  # ours say as well where the mistake is
            yield Difference(seed, door, subject, None, their, our)
            continue
        names = [
            name
            for name in their.__dataclass_fields__
            if getattr(their, name) != getattr(our, name)
        ]
        before, now = ({name: getattr(one, name) for name in names} for one in (their, our))
        yield Difference(seed, door, ", ".join(names), subject, before, now)


# What FastAPI fails with while it writes a 422 that shows the input.
_UNWRITABLE = ("ValueError", "UnicodeDecodeError", "UnicodeEncodeError")
_GONE = ("ClientDisconnect", "")
_BODILESS = (204, 205, 304)


def _is_on_purpose(call: Call, theirs: Outcome, ours: Outcome) -> bool:
    """Return whether docs/guide/differences.md lists this difference."""
    if call.failure and (theirs.error or ("",))[0] == "OSError" and ours.error == _GONE:
        # Without a task in between, what failed while sending is known for what it is.
        events = [event.replace("ClientDisconnect", "OSError") for event in ours.events]
        ours = replace(ours, error=theirs.error, events=events)
        if theirs == ours:
            return True
    if b"ud800" in b"".join(call.chunks).replace(b"\x00", b""):
        return True  # lone surrogates are refused
    if _is_without_content(theirs, ours):
        return True
    if theirs == replace(ours, events=theirs.events) and sorted(theirs.events) == sorted(
        ours.events
    ):
        # A stream behind middleware begins when it is sent, not when it is made; one that was
        # thrown away runs in its thread beside the rest, in FastAPI as well.
        is_sent = (b"content-type", b"application/jsonl") in theirs.headers
        return is_sent or "replaced" in f"{theirs.body!r} {theirs.events}"
    if theirs.error is not None and theirs.error[0] == "ExceptionGroup":
        return True  # the exception inside of it comes out, as with one middleware
    if _begun(theirs) and not _begun(ours):
        # A stream that middleware throws away is never begun.
        return theirs == replace(ours, events=theirs.events)
    if theirs.status == 500 and "'UploadFile' has no len()" in str(theirs):
        return True  # a file where JSON in a form field is expected
    failed = theirs.error is not None and theirs.error[0] in _UNWRITABLE
    seen = any(event.endswith(f" {name}") for event in theirs.events for name in _UNWRITABLE)
    # Behind a server the exception does not come out, nor where sending the 500 fails; and other
    # handlers than the first one's cannot answer any more.
    is_hidden = theirs.error is None or (bool(call.failure) and theirs.error[0] == "OSError")
    hidden = theirs.status == 500 and is_hidden and _is_unwritable(call, ours)
    started = theirs.error is not None and theirs.error[1].endswith("already started.")
    return failed or seen or hidden or (started and _is_unwritable(call, ours))


def _is_without_content(theirs: Outcome, ours: Outcome) -> bool:
    """Return whether an answer has no content, and no length of it, because it cannot have any.

    FastAPI sends both. uvicorn's protocol then raises into the program, whose handlers and
    background tasks see that, or the client waits for content that never comes.
    """
    if theirs.status != ours.status:
        return False
    is_broken = theirs.error == ("incomplete", "")
    if is_broken and not theirs.body and not ours.body:
        return True  # its status was another one before middleware has changed it
    events = theirs.events
    if "handler RuntimeError" in events and "handler RuntimeError" not in ours.events:
        events = events[: events.index("handler RuntimeError")]
    is_prefix = ours.events[: len(events)] == events
    return theirs.status in _BODILESS and (is_prefix or is_broken)


def _is_unwritable(call: Call, ours: Outcome) -> bool:
    """Return whether a finding about *call* may show what FastAPI cannot write."""
    body = b"".join(call.chunks).replace(b"\x00", b"")
    is_odd = re.search(rb"NaN|Infinity|1e[34]\d\d|\d{309}|e309|[\x80-\xff]", body) is not None
    return is_odd or ours.status in (404, 422)


def _begun(outcome: Outcome) -> bool:
    return any(event == "between" or event.startswith("endpoint") for event in outcome.events)


def observe(program: Program, calls: list[Any], door: str, ask: Ask) -> list[Any]:
    """Return the outcome of building, of the document, and of every call made by *ask*."""
    package = fastapi if door == "fastapi" else fasterapi
    events, log = recorder()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            app, add_late = load(program, package, log)
        except Exception as error:
            return [worded(error)]
        seen: list[Any] = ["built", _document(app)]
        seen.extend(asyncio.run(_ask_all(app, add_late, calls, door, events, ask)))
        return [*seen, _document(app)]


def recorder() -> tuple[list[str], Callable[..., None]]:
    """Return a list and a function that logs into it."""
    events: list[str] = []

    def log(*values: Any) -> None:
        events.append(_repeatable(" ".join(map(str, values))))

    return events, log


def load(program: Program, package: Any, log: Callable[..., None]) -> Any:
    """Return the application of *program*, and the function that adds its late routes."""
    namespace: dict[str, Any] = dict(vars(vocabulary))
    exec(compile(program.source, f"<program {program.seed}>", "exec"), namespace)
    return namespace["build"](package, log)


def _document(app: Any) -> Any:
    try:
        return json.loads(json.dumps(app.openapi()))
    except Exception as error:
        return worded(error)


async def _ask_all(
    app: Any,
    add_late: Callable[[], None],
    calls: list[Any],
    door: str,
    events: list[str],
    ask: Ask,
) -> list[Any]:
    outcomes: list[Any] = []
    late: Any = "added"
    if door == "reference":
        app.middleware_stack = build_stack(app, is_compiled=False).compatible
    for number, call in enumerate(calls):
        if number == len(calls) // 2:
            try:
                add_late()
            except Exception as error:
                late = worded(error)
        outcomes.append(await ask(app, call, events))
    return [*outcomes, late]


async def _ask(app: Any, call: Call, events: list[str]) -> Outcome:
    events.clear()
    answer: dict[str, Any] = {"status": 0, "headers": [], "body": b""}
    pending = list(call.chunks)

    async def receive() -> dict[str, Any]:
        if pending and not (call.failure == "half" and len(pending) == 1):
            body = pending.pop(0)
            return {"type": "http.request", "body": body, "more_body": bool(pending)}
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        if call.failure and message["type"].endswith(call.failure):
            raise OSError("the client is gone")
        if message["type"] == "http.response.start":
            answer["status"] = message["status"]
            answer["headers"] = pairs(message.get("headers", []))
        else:
            answer["body"] += message.get("body", b"")

    error = None
    try:
        with quiet():
            await asyncio.wait_for(app(call.scope(), receive, send), _PATIENCE_S)
    except Exception as raised:
        error = worded(raised)
    return Outcome(**answer, events=list(events), error=error)


def pairs(headers: Any) -> list[tuple[bytes, bytes]]:
    """Return *headers* as a list of pairs of bytes."""
    return [(bytes(name), bytes(value)) for name, value in headers]


@contextmanager
def quiet() -> Iterator[None]:
    """Say no warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def worded(error: BaseException) -> tuple[str, str]:
    """Return class and text of *error* without the package's name."""
    if isinstance(error, ExceptionGroup):
        return type(error).__name__, ", ".join(str(worded(item)) for item in error.exceptions)
    text = _repeatable(str(error)).replace("fasterapi", "fastapi")
    if type(error).__name__ == "SchemaError":
        text = text.rsplit("\n", 1)[-1]  # pydantic's way to the place of the mistake
    return type(error).__name__, text


def _repeatable(text: str) -> str:
    """Return *text* without addresses, and without the place of the endpoint.

    FastAPI keeps that place by the id of a function, which a later program's may have again.
    """
    text = re.sub(r"\n\n  (File|Endpoint).*", "", text, flags=re.DOTALL)
    return re.sub(r"0x[0-9a-f]{6,}", "0x", text)
