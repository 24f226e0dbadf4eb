"""The application that the raw cases talk to."""

import asyncio

from starlette.responses import PlainTextResponse, StreamingResponse

from fasterapi import FasterAPI, Request, Response

app = FasterAPI()
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY", "PROPFIND"]


@app.get("/plaintext", response_class=PlainTextResponse)
async def plaintext():
    return "Hello"


@app.head("/plaintext", response_class=PlainTextResponse)
async def plaintext_head():
    return "Hello"


@app.get("/probe", response_class=PlainTextResponse)
async def probe():
    return "probe"


@app.get("/smuggled", response_class=PlainTextResponse)
async def smuggled():
    return "smuggled"


@app.api_route("/echo", methods=METHODS)
@app.api_route("/echo/{rest:path}", methods=METHODS)
async def echo(request: Request):
    """Tell what has arrived; bytes as Latin-1 text."""
    body = await request.body()
    scope = request.scope
    return {
        "method": scope["method"],
        "path": scope["path"],
        "raw_path": scope["raw_path"].decode("latin-1"),
        "query": scope["query_string"].decode("latin-1"),
        "version": scope["http_version"],
        "headers": [f"{n.decode('latin-1')}: {v.decode('latin-1')}" for n, v in scope["headers"]],
        "body": body.decode("latin-1"),
    }


@app.post("/unread")
async def unread():
    return "unread"


@app.post("/small", max_body_size=10)
async def small(request: Request):
    return len(await request.body())


@app.get("/slow")
async def slow():
    for _ in range(5):  # turns of the loop, not seconds: nothing depends on a clock
        await asyncio.sleep(0)
    return "slow"


@app.get("/nothing", status_code=204)
async def nothing():
    return None


@app.get("/unchanged")
async def unchanged():
    return Response(status_code=304, headers={"etag": '"1"'})


@app.get("/status/{code}")
async def status(code: int):
    return Response(b"abc", status_code=code)


@app.get("/reset")
async def reset():
    return Response(b"abc", status_code=205)


@app.get("/coded")
async def coded(coding: str = "gzip"):
    return Response(b"abc", headers={"transfer-encoding": coding})


@app.get("/large")
async def large(size: int = 1_000_000):
    return Response(b"x" * size)


def pieces(count, size):
    async def give():
        for _ in range(count):
            yield b"x" * size
            await asyncio.sleep(0)

    return give()


@app.get("/stream")
@app.head("/stream")
async def stream(count: int = 3, size: int = 5):
    return StreamingResponse(pieces(count, size), media_type="text/plain")


@app.get("/closing")
async def closing():
    return Response(b"bye", headers={"connection": "close"})
