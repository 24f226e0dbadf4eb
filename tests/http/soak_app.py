"""The application under load: it waits, streams in both directions, and notes what it began."""

import asyncio
import os

from starlette.responses import PlainTextResponse, StreamingResponse

from fasterapi import FasterAPI, Request, Response

app = FasterAPI()
PIECE = b"x" * 65536
EVERYTHING = 1 << 40
begun = os.open(os.environ["SOAK_BEGUN"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)


@app.get("/plaintext", response_class=PlainTextResponse)
async def plaintext():
    return "Hello"


@app.get("/work/{number}")
async def work(number: int):
    """Take a while; what has begun is on record before that."""
    os.write(begun, f"{number}\n".encode())
    await asyncio.sleep(0.03)
    return number


@app.get("/large")
async def large(size: int):
    return Response(b"x" * size)


@app.post("/echo")
async def echo(request: Request):
    return Response(await request.body())


@app.get("/download")
async def download(mib: int):
    async def pieces():
        for _ in range(mib * 16):
            yield PIECE

    return StreamingResponse(pieces())


@app.post("/upload", max_body_size=EVERYTHING)
async def upload(request: Request):
    size = 0
    async for piece in request.stream():
        size += len(piece)
    return size


@app.get("/endless")
async def endless():
    async def pieces():
        while True:
            yield PIECE

    return StreamingResponse(pieces())
