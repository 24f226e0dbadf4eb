"""A chat: people write by WebSocket, and anybody reads along by server-sent events."""

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Annotated

from pydantic import BaseModel, Field, ValidationError

from fasterapi import (
    APIRouter,
    Depends,
    FastAPI,
    Header,
    HTTPException,
    Query,
    WebSocket,
    WebSocketDisconnect,
    WebSocketException,
)
from fasterapi.requests import HTTPConnection
from fasterapi.responses import HTMLResponse
from fasterapi.sse import EventSourceResponse, ServerSentEvent

KEPT = 100
PAGE = """<!doctype html><title>Chat</title><ul id=list></ul><form><input id=text></form><script>
const socket = new WebSocket(`ws://${location.host}/rooms/lobby/ws?name=guest`)
const add = text => list.append(Object.assign(document.createElement("li"), {textContent: text}))
socket.onmessage = event => { const m = JSON.parse(event.data); add(`${m.name}: ${m.text}`) }
document.forms[0].onsubmit = event => {
  event.preventDefault(); socket.send(JSON.stringify({text: text.value})); text.value = "" }
</script>"""


class Said(BaseModel):
    """What somebody says."""

    text: str = Field(min_length=1, max_length=500)


class Message(Said):
    """What was said, and by whom."""

    id: int
    name: str


class Room:
    """People in one room, what was said last, and who reads along."""

    def __init__(self) -> None:
        self.people: dict[str, WebSocket] = {}
        self.last: deque[Message] = deque(maxlen=KEPT)
        self.readers: set[asyncio.Queue[Message | None]] = set()
        self.count = 0

    async def say(self, name: str, text: str) -> Message:
        """Tell everybody who is here or reads along."""
        self.count += 1
        message = Message(id=self.count, name=name, text=text)
        self.last.append(message)
        for queue in self.readers:
            queue.put_nowait(message)
        for person in list(self.people.values()):
            await person.send_json(message.model_dump())
        return message

    @contextmanager
    def reading(self) -> Iterator[asyncio.Queue[Message | None]]:
        """Give a queue of what is said from now on; None in it asks to leave."""
        queue: asyncio.Queue[Message | None] = asyncio.Queue()
        self.readers.add(queue)
        try:
            yield queue
        finally:
            self.readers.discard(queue)


def room_of(room: str, connection: HTTPConnection) -> Room:
    if not room.isalnum():
        raise HTTPException(404, "room names are letters and digits")
    return connection.app.state.rooms[room]


InRoom = Annotated[Room, Depends(room_of)]
router = APIRouter(prefix="/rooms/{room}")


def person(name: Annotated[str, Query(max_length=20)] = "") -> str:
    if not name.strip():
        raise WebSocketException(1008, "who are you?")
    return name.strip()


@router.get("/messages")
async def messages(room: InRoom, after: int = 0) -> list[Message]:
    return [message for message in room.last if message.id > after]


@router.post("/messages", status_code=201)
async def say(room: InRoom, said: Said, x_name: Annotated[str, Header()]) -> Message:
    return await room.say(x_name, said.text)


@router.delete("/readers", status_code=204)
async def dismiss(room: InRoom) -> None:
    for queue in room.readers:
        queue.put_nowait(None)


@router.get("/events", response_class=EventSourceResponse)
async def events(
    room: InRoom,
    last_event_id: Annotated[int, Header()] = 0,
    limit: int | None = None,
) -> AsyncIterator[ServerSentEvent]:
    sent = 0
    with room.reading() as queue:
        for message in [entry for entry in room.last if entry.id > last_event_id]:
            queue.put_nowait(message)
        while limit is None or sent < limit:
            message = await queue.get()
            if message is None:
                break
            yield ServerSentEvent(data=message, id=str(message.id), event="message")
            sent += 1


@router.websocket("/ws")
async def session(
    websocket: WebSocket, room: InRoom, name: Annotated[str, Depends(person)]
) -> None:
    if name in room.people:
        raise WebSocketException(1008, "that name is taken")
    await websocket.accept()
    room.people[name] = websocket
    try:
        await room.say("room", f"{name} came")
        while True:
            try:
                said = Said.model_validate(await websocket.receive_json())
            except ValidationError as error:
                await websocket.send_json({"error": error.errors()[0]["msg"]})
            else:
                await room.say(name, said.text)
    except WebSocketDisconnect:
        pass
    finally:
        room.people.pop(name, None)
        await room.say("room", f"{name} went")


def create_app() -> FastAPI:
    app = FastAPI(title="Chat")
    app.state.rooms = defaultdict(Room)
    app.include_router(router)

    @app.get("/", response_class=HTMLResponse)
    async def page() -> str:
        return PAGE

    return app


app = create_app()
