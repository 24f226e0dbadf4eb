"""A signature becomes a tree, or an error that says what is wrong with it."""

import functools
from typing import Annotated, Any

import pytest
from pydantic import AliasChoices, BaseModel
from pydantic.fields import FieldInfo
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response
from starlette.websockets import WebSocket
from typing_extensions import TypeAliasType

from fasterapi import params
from fasterapi.background import BackgroundTasks
from fasterapi.datastructures import UploadFile
from fasterapi.dependencies.models import Dependant
from fasterapi.dependencies.parameter import analyze_param
from fasterapi.dependencies.signature import (
    add_param_to_fields,
    get_dependant,
    get_parameterless_sub_dependant,
)
from fasterapi.dependencies.utils import create_model_field
from fasterapi.exceptions import DependencyScopeError, FastAPIError, UsageError
from fasterapi.security import SecurityScopes


class Item(BaseModel):
    name: str


def names(fields: list[Any]) -> list[str]:
    return [field.name for field in fields]


def tree(call: Any, path: str = "/") -> Dependant:
    return get_dependant(path=path, call=call)


def test_types_and_path_decide_where_values_come_from() -> None:
    def endpoint(
        item_id: int,
        q: str,
        item: Item,
        file: UploadFile,
        files: list[UploadFile],
        tags: dict[str, int] | None = None,
        anything=None,
    ) -> None: ...

    node = tree(endpoint, "/{item_id}")
    assert names(node.path_params) == ["item_id"]
    assert names(node.query_params) == ["q", "anything"]
    assert names(node.body_params) == ["item", "file", "files", "tags"]
    kinds = [type(field.field_info) for field in node.body_params]
    assert kinds == [params.Body, params.File, params.File, params.Body]


def test_objects_of_the_framework_are_given_by_type() -> None:
    class OwnRequest(Request): ...

    def endpoint(
        a: OwnRequest,
        b: WebSocket,
        c: HTTPConnection,
        d: JSONResponse,
        e: BackgroundTasks,
        f: SecurityScopes,
    ) -> None: ...

    node = tree(endpoint)
    assert node.request_param_name == "a"
    assert node.websocket_param_name == "b"
    assert node.http_connection_param_name == "c"
    assert node.response_param_name == "d"
    assert node.background_tasks_param_name == "e"
    assert node.security_scopes_param_name == "f"
    assert not node.query_params


def test_a_dependency_may_return_an_object_of_the_framework() -> None:
    def make() -> Response: ...  # type: ignore[empty-body]

    def endpoint(response: Annotated[Response, params.Depends(make)]) -> None: ...

    node = tree(endpoint)
    assert node.response_param_name is None
    assert names(node.dependencies) == ["response"]


def test_a_class_stands_for_its_own_dependency() -> None:
    class Page:
        def __init__(self, skip: int = 0) -> None: ...

    def endpoint(a: Annotated[Page, params.Depends()], b: Page = params.Depends()) -> None: ...  # type: ignore[assignment]

    node = tree(endpoint)
    assert [child.call for child in node.dependencies] == [Page, Page]
    assert names(node.dependencies[0].query_params) == ["skip"]


def test_a_new_style_alias_is_looked_into() -> None:
    alias = TypeAliasType("alias", Annotated[int, params.Header()])  # type: ignore[misc]

    def endpoint(x_value: alias) -> None: ...  # type: ignore[valid-type]

    assert names(tree(endpoint).header_params) == ["x_value"]


def test_partials_lose_their_bound_arguments() -> None:
    def function(a: int, b: str, c: str = "x") -> None: ...

    node = tree(functools.partial(function, 1, c="y"))
    assert [(field.name, field.default) for field in node.query_params][1:] == [("c", "y")]


def test_an_annotation_with_a_marker_is_not_changed() -> None:
    marker = params.Query(alias="a")
    shared = Annotated[int, marker]

    def first(value: shared = 1) -> None: ...
    def second(value: shared) -> None: ...

    assert tree(first).query_params[0].default == 1
    assert tree(second).query_params[0].field_info.is_required()
    assert marker.is_required()


def test_the_last_of_several_markers_says_where_and_all_say_what() -> None:
    def endpoint(value: Annotated[int, params.Query(ge=1), params.Header(le=2)]) -> None: ...

    (field,) = tree(endpoint).header_params
    assert [bool(field.validate(value)[1]) for value in (0, 1, 2, 3)] == [True, False, False, True]


def test_plain_fields_in_annotated_add_to_inferred_parameters() -> None:
    def endpoint(value: Annotated[int, FieldInfo(ge=3, alias="v")] = 5) -> None: ...

    (field,) = tree(endpoint).query_params
    assert (field.alias, field.default) == ("v", 5)
    assert field.validate(1)[1]


def test_a_path_parameter_has_no_default_even_if_the_function_has_one() -> None:
    def endpoint(value: Annotated[int, FieldInfo(default_factory=int)]) -> None: ...  # type: ignore[call-arg]

    assert tree(endpoint, "/{value}").path_params[0].field_info.is_required()
    assert not tree(endpoint).query_params[0].field_info.is_required()


def test_a_path_parameter_takes_the_choice_that_the_path_has() -> None:
    marker = params.Path(validation_alias=AliasChoices("one", "two"))

    def endpoint(value: Annotated[int, marker]) -> None: ...

    for name in ("one", "two"):
        (field,) = tree(endpoint, f"/{{{name}}}").path_params
        assert field.validation_alias == name
    assert isinstance(marker.validation_alias, AliasChoices)


def test_scopes_add_up_on_the_way_down() -> None:
    def leaf(scopes: SecurityScopes) -> None: ...
    def middle(x: Annotated[None, params.Security(leaf, scopes=["b"])]) -> None: ...
    def endpoint(x: Annotated[None, params.Security(middle, scopes=["a"])]) -> None: ...

    child = tree(endpoint).dependencies[0]
    assert (child.own_oauth_scopes, child.parent_oauth_scopes) == (["a"], [])
    below = child.dependencies[0]
    assert (below.own_oauth_scopes, below.parent_oauth_scopes) == (["b"], ["a"])


def test_a_dependency_without_parameter() -> None:
    def check(q: str) -> None: ...

    node = get_parameterless_sub_dependant(
        depends=params.Security(check, scopes=["a"]), path="/{q}"
    )
    assert (node.name, node.own_oauth_scopes) == (None, ["a"])
    assert names(node.path_params) == ["q"]
    with pytest.raises(AssertionError, match="must have a callable dependency"):
        get_parameterless_sub_dependant(depends=params.Depends(), path="/")


def test_a_longer_living_dependency_cannot_need_a_shorter_living_one() -> None:
    def short() -> Any:
        yield

    def long(x: Annotated[Any, params.Depends(short, scope="function")]) -> Any:
        yield

    def endpoint(x: Annotated[Any, params.Depends(long)]) -> None: ...

    with pytest.raises(DependencyScopeError, match='"long" has a scope of "request"'):
        tree(endpoint)


@pytest.mark.parametrize(
    ("annotation", "default", "message"),
    [
        (Annotated[int, params.Query(5)], None, "default value cannot be set in `Annotated`"),
        (
            Annotated[int, params.Depends(int)],
            params.Depends(int),
            "Cannot specify `Depends` in `Annotated` and default value together",
        ),
        (
            Annotated[int, params.Query()],
            params.Depends(int),
            "Cannot specify a FastAPI annotation in `Annotated` and `Depends`",
        ),
        (
            Annotated[int, params.Query()],
            params.Query(),
            "Cannot specify FastAPI annotations in `Annotated` and default value together",
        ),
        (Request, params.Query(), "Cannot specify FastAPI annotation for type"),
        (Item, params.Path(), "Path params must be of one of the supported types"),
        (list[Item], params.Query(), "must be one of the supported types"),
        (int, params.Header(), "Cannot use `Header` for path param 'value'"),
    ],
)
def test_contradictions_are_refused(annotation: Any, default: Any, message: str) -> None:
    is_path = "path param" in message.lower()
    with pytest.raises(AssertionError, match=message):
        analyze_param(
            param_name="value",
            annotation=annotation,
            value=default,
            path_param_names={"value"} if is_path else set(),
        )


def test_path_parameters_cannot_have_defaults() -> None:
    with pytest.raises(AssertionError, match="Path parameters cannot have default values"):
        analyze_param(
            param_name="value",
            annotation=Annotated[int, params.Path()],
            value=1,
            path_param_names={"value"},
        )


def test_a_body_is_a_form_or_it_is_not() -> None:
    def endpoint(value: Annotated[int, params.Form(), params.Body()]) -> None: ...

    with pytest.raises(UsageError, match="'value' is declared as Form and as Body"):
        tree(endpoint)


def test_a_positional_only_parameter_is_refused_with_its_place() -> None:
    def endpoint(value: int, /) -> None: ...

    with pytest.raises(UsageError, match=r"endpoint \(.*test_signature.py:\d+\).*'value'"):
        tree(endpoint)


def test_dependencies_that_need_each_other_are_refused() -> None:
    def first(x: Any) -> None: ...
    def second(x: Annotated[Any, params.Depends(first)]) -> None: ...

    first.__annotations__["x"] = Annotated[Any, params.Depends(second)]
    with pytest.raises(UsageError, match=r"need each other: .*first.* -> .*second.* -> .*first"):
        tree(first)


def test_depends_without_callable_and_type_is_refused() -> None:
    def endpoint(x=params.Depends()) -> None: ...

    with pytest.raises(UsageError, match="'x' has Depends"):
        tree(endpoint)


def test_an_unusable_type_is_refused() -> None:
    class Unusable: ...

    def endpoint(x: Unusable) -> None: ...

    with pytest.raises(FastAPIError, match="Invalid args for response field"):
        tree(endpoint)


def test_a_field_of_unknown_place_is_refused() -> None:
    field = create_model_field("value", int)
    with pytest.raises(AssertionError, match="path, query, header or cookie: value"):
        add_param_to_fields(field=field, dependant=Dependant())
