"""Open something when the server starts, close it when the server stops."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypedDict

from fasterapi import FasterAPI, Request


class Dictionary:
    """Stands for what is slow to load: a model, a pool of connections."""

    def __init__(self) -> None:
        self.words = {"chá": "tea", "pão": "bread"}
        self.is_open = True

    def close(self) -> None:
        """Give back what it holds."""
        self.is_open = False


class State(TypedDict):
    """What every request finds in ``request.state``."""

    dictionary: Dictionary


@asynccontextmanager
async def lifespan(app: FasterAPI) -> AsyncIterator[State]:
    """Load the dictionary before the first request, close it after the last one."""
    dictionary = Dictionary()
    try:
        yield {"dictionary": dictionary}
    finally:
        dictionary.close()


app = FasterAPI(lifespan=lifespan)


@app.get("/words/{word}")
async def translate(word: str, request: Request) -> dict[str, str | None]:
    """Translate a word."""
    dictionary: Dictionary = request.state.dictionary
    return {"word": word, "translation": dictionary.words.get(word)}
