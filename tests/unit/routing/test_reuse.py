"""Included routes use the parts of their originals wherever that changes nothing."""

from typing import Annotated, Any

from pydantic import BaseModel
from starlette.testclient import TestClient

from fasterapi import APIRouter, Body, Depends, FastAPI, Form
from fasterapi.dependencies.utils import get_parameterless_sub_dependant


class Item(BaseModel):
    name: str


def depend(q: str = "q") -> str:
    return q


def read(item_id: int, q: Annotated[str, Depends(depend)]) -> Item:
    return Item(name=f"{item_id}{q}")


def context_of(router: APIRouter, **options: Any) -> Any:
    app = FastAPI()
    app.include_router(router, prefix=options.pop("prefix", "/r"), **options)
    return app.routes[-1].effective_candidates()[0]


def test_tree_and_fields_are_shared() -> None:
    router = APIRouter()
    router.get("/{item_id}")(read)
    original, context = router.routes[0], context_of(router)
    assert context.dependant is not original.dependant
    assert context.dependant.path == "/r/{item_id}"
    assert context.dependant.path_params[0] is original.dependant.path_params[0]
    assert context.dependant.dependencies[0] is original.dependant.dependencies[0]
    assert context.response_field.name == "Response_read_r__item_id__get"
    assert original.response_field.name == "Response_read__item_id__get"


def test_dependencies_of_the_include_are_analysed_once() -> None:
    router = APIRouter()
    router.get("/{item_id}")(read)
    router.get("/more/{item_id}")(read)
    app = FastAPI()
    app.include_router(router, prefix="/r", dependencies=[Depends(depend)])
    first, second = app.routes[-1].effective_candidates()
    assert first.dependant.dependencies[0] is second.dependant.dependencies[0]
    assert len(first.dependant.dependencies) == 2
    assert len(router.routes[0].dependant.dependencies) == 1


def test_prefix_with_parameter_makes_a_new_analysis() -> None:
    router = APIRouter()
    router.get("/x")(depend)
    context = context_of(router, prefix="/{q}")
    assert [field.name for field in context.dependant.path_params] == ["q"]
    assert context.dependant.query_params == []
    assert [field.name for field in router.routes[0].dependant.query_params] == ["q"]


def test_body_model_is_called_after_the_effective_route() -> None:
    router = APIRouter()

    @router.post("/b")
    def create(item: Item, more: Annotated[int, Body()]) -> None: ...

    context = context_of(router)
    names = [
        route.body_field.field_info.annotation.__name__ for route in (router.routes[0], context)
    ]
    assert names == ["Body_create_b_post", "Body_create_r_b_post"]


def test_dependency_of_the_include_may_read_the_body() -> None:
    def body(extra: Annotated[int, Body()]) -> int:
        return extra

    router = APIRouter()

    @router.post("/b")
    def create(item: Item) -> Item:
        return item

    app = FastAPI()
    app.include_router(router, prefix="/r", dependencies=[Depends(body)])
    app.include_router(router)
    client = TestClient(app)
    assert client.post("/b", json={"name": "a"}).status_code == 200
    assert client.post("/r/b", json={"name": "a"}).status_code == 422
    assert client.post("/r/b", json={"item": {"name": "a"}, "extra": 1}).json() == {"name": "a"}


def test_changes_of_the_original_before_the_first_request_count() -> None:
    router = APIRouter()
    router.get("/{item_id}")(read)
    app = FastAPI()
    app.include_router(router, prefix="/r")
    route = router.routes[0]
    # As fastapi-pagination does.
    added = Depends(lambda late: late)
    route.dependencies.append(added)
    route.dependant.dependencies.append(
        get_parameterless_sub_dependant(depends=added, path=route.path_format)
    )
    context = app.routes[-1].effective_candidates()[0]
    assert len(context.dependant.dependencies) == 2
    assert TestClient(app).get("/r/1").status_code == 422
    assert TestClient(app).get("/r/1?late=1").json() == {"name": "1q"}


def test_dependant_changed_in_place_stays_with_its_route() -> None:
    router = APIRouter()
    router.get("/{item_id}")(read)
    router.routes[0].dependant.call = depend
    assert context_of(router).dependant.call is read


def test_additional_responses_keep_their_names() -> None:
    router = APIRouter(responses={404: {"model": Item}})
    router.get("/{item_id}", responses={409: {"model": Item}})(read)
    context = context_of(router, responses={418: {"model": Item}})
    assert {status: field.name for status, field in context.response_fields.items()} == {
        418: "Response_418_read_r__item_id__get",
        404: "Response_404_read_r__item_id__get",
        409: "Response_409_read_r__item_id__get",
    }


def test_form_route_is_the_same_under_every_prefix() -> None:
    router = APIRouter()

    @router.post("/f")
    def form(a: Annotated[int, Form()]) -> int:
        return a

    app = FastAPI()
    app.include_router(router)
    app.include_router(router, prefix="/r")
    client = TestClient(app)
    assert [client.post(path, data={"a": "1"}).json() for path in ("/f", "/r/f")] == [1, 1]
