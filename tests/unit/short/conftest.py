"""Every test runs on both ways of a request: compiled plans, and the reference path."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from fasterapi import App
from fasterapi.testclient import TestClient


def never_asked_for() -> None:
    raise AssertionError


@pytest.fixture(params=["compiled", "reference"])
def app(request: pytest.FixtureRequest) -> App:
    app = App()
    if request.param == "reference":
        # Any override keeps requests off the compiled plans.
        app.dependency_overrides[never_asked_for] = never_asked_for
    return app


@pytest.fixture
def client(app: App) -> Iterator[TestClient]:
    with TestClient(app, follow_redirects=False) as client:
        yield client


@pytest.fixture
def ask(app: App) -> Iterator[Callable[..., Any]]:
    """Return a function that registers a handler, asks it once, and gives the answer."""
    with ExitStack() as stack:
        client = stack.enter_context(TestClient(app, follow_redirects=False))

        def ask(handler: Callable[..., Any], method: str = "GET", **request: Any) -> Any:
            options = request.pop("route", {})
            url = request.pop("url", "/")
            path = options.pop("path", "/")
            app.add_api_route(path, handler, methods=[method], **options)
            try:
                return client.request(method, url, **request)
            finally:
                app.router.routes.pop()

        yield ask
