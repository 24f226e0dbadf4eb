"""Dependencies are called once, or as often as asked for, and are left in the right order."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from types import SimpleNamespace
from typing import Annotated, Any

import anyio
import anyio.lowlevel
import pytest
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.websockets import WebSocket

from fasterapi import params
from fasterapi.background import BackgroundTasks
from fasterapi.dependencies.signature import get_dependant
from fasterapi.dependencies.solve import SolvedDependency, solve_dependencies
from fasterapi.security import SecurityScopes

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> Any:
    return request.param


class Solver:
    """Solves like a route, with exit stacks that a test closes when it wants to."""

    def __init__(self, request_stack: AsyncExitStack, function_stack: AsyncExitStack) -> None:
        self.request_stack = request_stack
        self.function_stack = function_stack
        self.overrides: dict[Any, Any] = {}

    def scope(self, kind: str, query: str) -> dict[str, Any]:
        return {
            "type": kind,
            "method": "GET",
            "path": "/",
            "path_params": {},
            "query_string": query.encode(),
            "headers": [],
            "fastapi_inner_astack": self.request_stack,
            "fastapi_function_astack": self.function_stack,
        }

    async def __call__(
        self, endpoint: Any, query: str = "", *, websocket: bool = False, **options: Any
    ) -> SolvedDependency:
        request: Any
        if websocket:
            request = WebSocket(self.scope("websocket", query), None, None)  # type: ignore[arg-type]
        else:
            request = Request(self.scope("http", query))
        return await solve_dependencies(
            request=request,
            dependant=get_dependant(path="/", call=endpoint),
            dependency_overrides_provider=SimpleNamespace(dependency_overrides=self.overrides),
            async_exit_stack=self.request_stack,
            embed_body_fields=False,
            **options,
        )


@asynccontextmanager
async def open_solver() -> AsyncIterator[Solver]:
    async with AsyncExitStack() as request_stack, AsyncExitStack() as function_stack:
        yield Solver(request_stack, function_stack)


def counting(calls: list[str], name: str) -> Any:
    def dependency() -> int:
        calls.append(name)
        return len(calls)

    return dependency


async def test_a_shared_dependency_is_called_once() -> None:
    calls: list[str] = []
    shared = Annotated[int, params.Depends(counting(calls, "shared"))]

    def other(a: shared) -> int:
        return a

    def endpoint(a: shared, b: Annotated[int, params.Depends(other)]) -> None: ...

    async with open_solver() as solve:
        solved = await solve(endpoint)
    assert (solved.values, calls) == ({"a": 1, "b": 1}, ["shared"])


async def test_use_cache_false_calls_again_and_keeps_the_first_result() -> None:
    calls: list[str] = []
    shared = counting(calls, "shared")

    def endpoint(
        a: Annotated[int, params.Depends(shared)],
        b: Annotated[int, params.Depends(shared, use_cache=False)],
        c: Annotated[int, params.Depends(shared)],
    ) -> None: ...

    async with open_solver() as solve:
        solved = await solve(endpoint)
    assert solved.values == {"a": 1, "b": 2, "c": 1}


async def test_below_a_known_result_dependencies_without_cache_are_called_again() -> None:
    calls: list[str] = []

    def middle(
        x: Annotated[int, params.Depends(counting(calls, "leaf"), use_cache=False)],
    ) -> None: ...

    def endpoint(
        a: Annotated[None, params.Depends(middle)], b: Annotated[None, params.Depends(middle)]
    ) -> None: ...

    async with open_solver() as solve:
        await solve(endpoint)
    assert calls == ["leaf", "leaf"]


async def test_a_failing_shared_dependency_is_reported_by_everyone_who_needs_it() -> None:
    def shared(q: int) -> None: ...
    def other(a: Annotated[None, params.Depends(shared)]) -> None:
        raise NotImplementedError

    def endpoint(
        a: Annotated[None, params.Depends(shared)],
        b: Annotated[None, params.Depends(other)],
        own: int,
    ) -> None: ...

    async with open_solver() as solve:
        solved = await solve(endpoint, "q=x")
    assert [error["loc"][1] for error in solved.errors] == ["q", "q", "own"]
    assert solved.values == {}


async def test_other_dependencies_are_called_although_one_fails() -> None:
    calls: list[str] = []

    def failing(q: int) -> None: ...

    def endpoint(
        a: Annotated[None, params.Depends(failing)],
        b: Annotated[int, params.Depends(counting(calls, "b"))],
    ) -> None: ...

    async with open_solver() as solve:
        solved = await solve(endpoint)
    assert len(solved.errors) == 1
    assert solved.values == {"b": 1}


async def test_different_scopes_are_different_results() -> None:
    def who(scopes: SecurityScopes) -> list[str]:
        return scopes.scopes

    def endpoint(
        a: Annotated[Any, params.Security(who, scopes=["x"])],
        b: Annotated[Any, params.Security(who, scopes=["y"])],
        c: Annotated[Any, params.Security(who, scopes=["x"])],
        d: Annotated[Any, params.Depends(who)],
    ) -> None: ...

    async with open_solver() as solve:
        solved = await solve(endpoint)
    assert solved.values == {"a": ["x"], "b": ["y"], "c": ["x"], "d": []}
    assert solved.values["a"] is solved.values["c"]


async def test_generators_are_left_in_reverse_in_the_scope_asked_for() -> None:
    events: list[str] = []

    def make(name: str, *, is_async: bool) -> Any:
        def sync_dependency() -> Iterator[str]:
            yield name
            events.append(name)

        async def async_dependency() -> AsyncIterator[str]:
            yield name
            events.append(name)

        return async_dependency if is_async else sync_dependency

    def endpoint(
        a: Annotated[str, params.Depends(make("a", is_async=False))],
        b: Annotated[str, params.Depends(make("b", is_async=True))],
        c: Annotated[str, params.Depends(make("c", is_async=True), scope="function")],
        d: Annotated[str, params.Depends(make("d", is_async=False), scope="function")],
    ) -> None: ...

    async with open_solver() as solve:
        solved = await solve(endpoint)
        assert solved.values == {name: name for name in "abcd"}
        await solve.function_stack.aclose()
        events.append("response")
    assert events == ["d", "c", "response", "b", "a"]


async def test_async_generators_may_wait_while_the_request_is_cancelled() -> None:
    events: list[str] = []

    async def dependency() -> AsyncIterator[None]:
        try:
            yield
        finally:
            await anyio.lowlevel.checkpoint()
            events.append("finished")

    def endpoint(a: Annotated[None, params.Depends(dependency)]) -> None: ...

    with anyio.CancelScope() as outside:
        async with open_solver() as solve:
            await solve(endpoint)
            outside.cancel()
            await anyio.sleep(1)
    assert events == ["finished"]


@pytest.mark.parametrize("kind", ["function", "coroutine", "generator"])
async def test_an_override_takes_the_place_of_any_kind(kind: str) -> None:
    async def original() -> str:
        raise NotImplementedError

    def function(q: int) -> int:
        return q

    async def coroutine(q: int) -> int:
        return q

    def generator(q: int) -> Iterator[int]:
        yield q

    def middle(x: Annotated[Any, params.Depends(original)]) -> Any:
        return x

    def endpoint(
        a: Annotated[Any, params.Depends(middle)], b: Annotated[Any, params.Depends(original)]
    ) -> None: ...

    async with open_solver() as solve:
        solve.overrides[original] = {
            "function": function,
            "coroutine": coroutine,
            "generator": generator,
        }[kind]
        solved = await solve(endpoint, "q=3")
    assert (solved.values, solved.errors) == ({"a": 3, "b": 3}, [])


async def test_an_override_of_something_else_changes_nothing() -> None:
    calls: list[str] = []

    def endpoint(a: Annotated[int, params.Depends(counting(calls, "a"))]) -> None: ...

    async with open_solver() as solve:
        solve.overrides[test_a_shared_dependency_is_called_once] = counting(calls, "b")
        assert (await solve(endpoint)).values == {"a": 1}


async def test_callable_objects_and_classes_are_dependencies() -> None:
    class Adder:
        def __init__(self, q: int) -> None:
            self.q = q

    class Asynchronous:
        async def __call__(self, q: int) -> int:
            return q + 1

    def endpoint(
        a: Annotated[Adder, params.Depends()], b: Annotated[int, params.Depends(Asynchronous())]
    ) -> None: ...

    async with open_solver() as solve:
        values = (await solve(endpoint, "q=1")).values
    assert (values["a"].q, values["b"]) == (1, 2)


async def test_one_response_and_one_list_of_tasks_serve_the_whole_tree() -> None:
    def dependency(response: Response, tasks: BackgroundTasks) -> Any:
        response.headers["x-a"] = "1"
        return tasks

    def endpoint(
        a: Annotated[Any, params.Depends(dependency)], response: Response, tasks: BackgroundTasks
    ) -> None: ...

    async with open_solver() as solve:
        solved = await solve(endpoint)
    assert solved.values["a"] is solved.values["tasks"] is solved.background_tasks
    assert solved.values["response"] is solved.response
    assert dict(solved.response.headers) == {"x-a": "1"}
    assert solved.response.status_code is None


async def test_tasks_are_made_only_where_they_are_asked_for() -> None:
    async with open_solver() as solve:
        assert (await solve(lambda: None)).background_tasks is None


@pytest.mark.parametrize("websocket", [False, True])
async def test_a_dependency_can_serve_requests_and_websockets(websocket: bool) -> None:
    def endpoint(any_kind: HTTPConnection, request: Request) -> None: ...

    async with open_solver() as solve:
        values = (await solve(endpoint, websocket=websocket)).values
    assert isinstance(values["any_kind"], WebSocket if websocket else Request)
    assert ("request" in values) is not websocket


async def test_the_limit_of_a_dependency_holds_for_calls_and_generators() -> None:
    running = 0
    most = 0

    async def dependency() -> AsyncIterator[None]:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await anyio.lowlevel.checkpoint()
        yield
        running -= 1

    limited = Annotated[None, params.Depends(dependency, max_concurrency=1)]

    def endpoint(a: limited) -> None: ...

    async def run() -> None:
        async with open_solver() as solve:
            await solve(endpoint)

    async with anyio.create_task_group() as group:
        for _ in range(3):
            group.start_soon(run)
    assert most == 1


async def test_a_scope_without_stacks_is_refused() -> None:
    async with open_solver() as solve:
        solve.function_stack = None  # type: ignore[assignment]
        with pytest.raises(AssertionError, match="fastapi_function_astack not found"):
            await solve(lambda: None)
