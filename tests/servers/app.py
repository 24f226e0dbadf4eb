"""The small program that each server in test_hosts.py serves."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pydantic import BaseModel

from fasterapi import FastAPI, Request, WebSocket, WebSocketDisconnect
from fasterapi.responses import StreamingResponse


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    print("lifespan: started", flush=True)
    yield
    print("lifespan: stopped", flush=True)


app = FastAPI(lifespan=lifespan)


class Item(BaseModel):
    name: str
    price: float = 1.0


@app.get("/json")
async def read_json() -> dict[str, str]:
    return {"message": "Hello, World!"}


@app.get("/health", handler_type="native")
def read_health() -> dict[str, str]:
    return {"status": "ok"}


@app.get("/sync/{number}")
def read_sync(number: int) -> dict[str, int]:
    return {"number": number}


@app.post("/items", status_code=201)
async def create_item(item: Item) -> Item:
    return item


@app.get("/stream")
async def stream() -> StreamingResponse:
    async def parts() -> AsyncIterator[bytes]:
        for number in range(100):
            yield b"%05d\n" % number

    return StreamingResponse(parts(), media_type="text/plain")


@app.post("/upload")
async def upload(request: Request) -> dict[str, int | str]:
    size, digest = 0, hashlib.sha256()
    async for chunk in request.stream():
        size += len(chunk)
        digest.update(chunk)
    return {"size": size, "sha256": digest.hexdigest()}


@app.get("/fails")
async def fails() -> None:
    raise RuntimeError("on purpose")


@app.websocket("/echo")
async def echo(websocket: WebSocket) -> None:
    await websocket.accept()
    try:
        while True:
            await websocket.send_text("echo: " + await websocket.receive_text())
    except WebSocketDisconnect:
        return
