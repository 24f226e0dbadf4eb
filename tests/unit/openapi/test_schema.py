"""The generator, by itself."""

import json
import warnings
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.responses import JSONResponse

from fasterapi import APIRouter, FastAPI, Header
from fasterapi.encoders import jsonable_encoder
from fasterapi.openapi import schema, utils
from fasterapi.openapi.models import OpenAPI
from fasterapi.openapi.schema import encode_document
from fasterapi.openapi.utils import get_openapi

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)
KEYS = st.text(max_size=5) | st.sampled_from(["_sa", "_sa_state", "x", "a_sa"])
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)


@given(value=JSON)
def test_document_is_what_jsonable_encoder_makes_of_the_models(value: Any) -> None:
    tags = [{"name": "t", "x-any": value}]
    document = get_openapi(title="t", version="1", routes=[], tags=tags)
    models = OpenAPI(openapi="3.1.0", info={"title": "t", "version": "1"}, paths={}, tags=tags)
    expected = jsonable_encoder(models, by_alias=True, exclude_none=True)
    assert json.dumps(document) == json.dumps(expected)


@given(value=JSON)
def test_encoding_is_that_of_a_json_response(value: Any) -> None:
    assert encode_document({"x": value}) == JSONResponse({"x": value}).body


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\ud800"])
def test_what_a_json_response_refuses_is_refused(value: Any) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 -- the texts are the standard library's
        encode_document({"x": value})
    with pytest.raises(ValueError):  # noqa: PT011
        JSONResponse({"x": value})


def test_options_of_the_program_are_not_changed() -> None:
    responses: dict[int | str, dict[str, Any]] = {
        200: {"content": {"application/json": {"example": {"a": None}}}},
        404: {"model": dict[str, int], "description": "none"},
    }
    extra = {"x-list": [1], "parameters": [{"name": "a", "in": "query"}]}
    before = repr((responses, extra))
    app = FastAPI()
    app.get("/{n}", responses=responses, openapi_extra=extra)(lambda n: None)
    first = app.openapi()
    app.openapi_schema = None
    assert app.openapi() == first
    assert repr((responses, extra)) == before


def test_required_declaration_wins_over_a_later_optional_one() -> None:
    from fasterapi import Depends

    def optional(token: Annotated[str | None, Header()] = None) -> None: ...

    app = FastAPI()

    @app.get("/", dependencies=[Depends(optional)])
    def root(token: Annotated[str, Header()]) -> None: ...

    parameters = app.openapi()["paths"]["/"]["get"]["parameters"]
    assert [(p["name"], p["required"]) for p in parameters] == [("token", True)]


def test_equal_operation_ids_are_warned_of() -> None:
    app = FastAPI()
    app.get("/a", operation_id="same")(lambda: None)
    app.get("/b", operation_id="same")(lambda: None)
    with pytest.warns(UserWarning, match="Duplicate Operation ID same for function <lambda> at "):
        app.openapi()


def test_response_class_without_status_counts_as_200() -> None:
    class Bare(JSONResponse):
        def __init__(self, content: Any) -> None:
            super().__init__(content)

    app = FastAPI()
    app.get("/", response_class=Bare)(lambda: None)
    assert list(app.openapi()["paths"]["/"]["get"]["responses"]) == ["200"]


def test_error_format_can_be_edited_in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    app = FastAPI()
    app.get("/{n}")(lambda n: None)
    monkeypatch.setitem(
        utils.validation_error_response_definition, "properties", {"error": {"type": "string"}}
    )
    error = app.openapi()["components"]["schemas"]["HTTPValidationError"]
    assert error["properties"] == {"error": {"type": "string"}}


def test_names_replaced_in_utils_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    original = utils.get_openapi_path

    def marked(**options: Any) -> Any:
        path, schemes, definitions = original(**options)
        return (
            {m: {**operation, "x-seen": 1} for m, operation in path.items()},
            schemes,
            definitions,
        )

    monkeypatch.setattr(utils, "get_openapi_path", marked)
    monkeypatch.setattr(utils, "validation_error_definition", {"title": "Own"})
    app = FastAPI()
    app.get("/{n}")(lambda n: None)
    document = app.openapi()
    assert document["paths"]["/{n}"]["get"]["x-seen"] == 1
    assert document["components"]["schemas"]["ValidationError"] == {"title": "Own"}
    monkeypatch.undo()
    assert schema.get_openapi_path is original


def test_every_name_of_the_module_is_there() -> None:
    for name in utils.__all__:
        assert hasattr(utils, name)
    assert utils.routing.APIRoute
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = utils.nothing  # type: ignore[attr-defined]


def test_old_operation_id_is_deprecated() -> None:
    router = APIRouter()
    router.get("/a/{b}", name="read")(lambda b: None)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        operation_id = utils.generate_operation_id(route=router.routes[0], method="GET")
    assert operation_id == "read_a__b__get"
    assert "was deprecated" in str(caught[0].message)
