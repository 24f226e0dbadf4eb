"""Routes changed in place, before and after their first request, answer as in FastAPI."""

import importlib
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import BaseModel
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient


class Model(BaseModel):
    a: int = 1
    b: int | None = None


async def other() -> dict[str, int]:
    return {"other": 1}


async def asgi(scope: Any, receive: Any, send: Any) -> None:
    await PlainTextResponse("asgi")(scope, receive, send)


class Program:
    """A small application of one framework, whose routes can be found by their path."""

    def __init__(self, framework: str) -> None:
        self.names = importlib.import_module(framework)
        self.tools = importlib.import_module(f"{framework}.dependencies.utils")
        self.log: list[str] = []
        self.app = self.names.FastAPI()
        self.router = self.names.APIRouter()
        self.client = TestClient(self.app, raise_server_exceptions=False, follow_redirects=False)
        self.app.add_api_route("/plain", self.plain)
        self.app.add_api_route("/model", self.model, response_model=Model)
        self.app.add_api_route("/body", self.body, methods=["POST"])
        self.app.add_api_route("/query", self.query)
        self.router.add_api_route("/included", self.plain)
        self.app.include_router(self.router)

    async def plain(self) -> dict[str, int]:
        self.log.append("endpoint")
        return {"x": 1}

    async def model(self) -> Model:
        return Model()

    async def body(self, model: Model) -> Model:
        return model

    async def query(self, number: int = 5) -> int:
        return number

    def dependency(self) -> None:
        self.log.append("dependency")

    def route(self, path: str) -> Any:
        routes = [*self.app.routes, *self.router.routes]
        return next(route for route in routes if getattr(route, "path", "") == path)

    def node(self) -> Any:
        return self.tools.get_parameterless_sub_dependant(
            depends=self.names.Depends(self.dependency), path="/plain"
        )

    def ask(self) -> Any:
        self.log.clear()
        methods = ["GET", "POST", "PUT"]
        paths = ["/plain", "/model", "/body", "/query?number=7", "/included", "/elsewhere", "/no"]
        answers = [
            self.client.request(method, path, **({"json": {"a": 2}} if method == "POST" else {}))
            for path in paths
            for method in methods
        ]
        return self.log.copy(), [
            (answer.status_code, answer.text, sorted(answer.headers.items())) for answer in answers
        ]


CHANGES: dict[str, Callable[[Program], Any]] = {
    "append": lambda p: p.route("/plain").dependant.dependencies.append(p.node()),
    "insert": lambda p: p.route("/included").dependant.dependencies.insert(0, p.node()),
    "add and clear": lambda p: (
        p.route("/plain").dependant.dependencies.extend([p.node(), p.node()]),
        p.ask(),
        p.route("/plain").dependant.dependencies.clear(),
    ),
    "list": lambda p: setattr(p.route("/plain").dependant, "dependencies", [p.node()]),
    "call": lambda p: setattr(p.route("/plain").dependant, "call", other),
    "query": lambda p: p.route("/query").dependant.query_params.clear(),
    "dependant": lambda p: setattr(
        p.route("/plain"), "dependant", p.tools.get_dependant(path="/plain", call=other)
    ),
    "endpoint": lambda p: setattr(p.route("/plain"), "endpoint", other),
    "exclude": lambda p: setattr(p.route("/model"), "response_model_exclude_none", True),
    "status": lambda p: setattr(p.route("/model"), "status_code", 201),
    "class": lambda p: setattr(p.route("/model"), "response_class", PlainTextResponse),
    "field": lambda p: setattr(p.route("/model"), "response_field", None),
    "body": lambda p: setattr(p.route("/body"), "body_field", None),
    "app": lambda p: setattr(p.route("/plain"), "app", asgi),
    "handle": lambda p: setattr(p.route("/plain"), "handle", asgi),
    "handler": lambda p: setattr(p.route("/plain"), "get_route_handler", lambda: None),
    "more methods": lambda p: p.route("/plain").methods.update(["PUT"]),
    "no method": lambda p: p.route("/plain").methods.clear(),
    "methods": lambda p: setattr(p.route("/plain"), "methods", {"PUT"}),
    "path": lambda p: setattr(p.route("/plain"), "path", "/elsewhere"),
    "regex": lambda p: setattr(p.route("/plain"), "path_regex", p.route("/model").path_regex),
    "routes": lambda p: p.app.router.routes.remove(p.route("/plain")),
    "default": lambda p: setattr(p.app.router, "default", asgi),
    "slashes": lambda p: setattr(p.app.router, "redirect_slashes", False),
}


@pytest.mark.parametrize("is_warm", [False, True])
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_changed_routes_answer_as_in_fastapi(
    change: Callable[[Program], Any], is_warm: bool
) -> None:
    seen = []
    for framework in ("fasterapi", "fastapi"):
        program = Program(framework)
        if is_warm:
            program.ask()
        change(program)
        seen.append(program.ask())
    assert seen[0] == seen[1]
