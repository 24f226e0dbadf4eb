"""The application: ``fasterapi dev examples/shop/main.py``."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fasterapi import FasterAPI
from fasterapi.concurrency import run_in_threadpool
from fasterapi.middleware.compression import CompressionMiddleware

from . import accounts, errors, live, orders, products, site
from .database import prepare
from .events import Events
from .settings import Settings


def create_app(settings: Settings) -> FasterAPI:
    """Return a shop with these settings; a test makes one of its own."""

    @asynccontextmanager
    async def lifespan(app: FasterAPI) -> AsyncIterator[None]:
        app.state.token_key = await run_in_threadpool(prepare, settings)
        app.state.events.start()
        yield

    app = FasterAPI(
        title="Tea shop",
        summary="A small but complete program.",
        version="1.0.0",
        lifespan=lifespan,
    )
    app.state.settings = settings
    app.state.events = Events()
    app.add_middleware(CompressionMiddleware)
    errors.install(app)
    for module in (site, accounts, products, orders, live):
        app.include_router(module.router)
    return app


app = create_app(Settings.from_environment())
