"""Refuse with a status: an `HTTPException`, its arguments by position."""

import time
from collections import deque

from fasterapi import FasterAPI, HTTPException

LIMIT, WINDOW_S = 5, 10.0

app = FasterAPI()
recent: deque[float] = deque()  # when the last requests came, oldest first


@app.get("/quote")
async def quote() -> dict[str, str]:
    """Answer five times in ten seconds, whoever asks."""
    now = time.monotonic()
    while recent and recent[0] <= now - WINDOW_S:
        recent.popleft()
    if len(recent) >= LIMIT:
        wait_s = int(recent[0] + WINDOW_S - now) + 1
        raise HTTPException(429, "Too many requests", {"Retry-After": str(wait_s)})
    recent.append(now)
    return {"quote": "Slow is smooth, smooth is fast."}
