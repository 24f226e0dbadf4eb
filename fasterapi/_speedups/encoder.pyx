"""Encoders: how the value that an endpoint returns becomes the bytes of the answer.

Request path: plan (the endpoint has returned) -> [here] -> body -> plan.
Reference implementation: `fasterapi.routing.handler.serialize_response`.
"""

cimport cython
from fasterapi._speedups.body cimport Shape, encode_fitting, encode_native, is_lasting
from fasterapi._speedups.call cimport call_list
from fasterapi._speedups.json_writer cimport Writer
from fasterapi._speedups.jsonable cimport Jsonable

from json import JSONEncoder

from pydantic_core import ValidationError

# As Starlette's JSONResponse calls json.dumps.
cdef object dumps = JSONEncoder(
    ensure_ascii=False, allow_nan=False, indent=None, separators=(",", ":")
).encode


cdef tuple BODILESS = (204, 205, 304)


class Refused(Exception):
    """The response model refused a value; the only argument is pydantic's error."""


cdef class Encoder:
    """How values of the endpoint become the payload of an answer; None from `encode` means
    that the reference path must decide."""

    def __init__(self, int status, bytes media_type not None):
        if not 200 <= status <= 599 or status in (204, 205, 304):
            raise ValueError(f"status must be one that has a body, got {status}")
        self.status = status
        self.media_type = media_type

    cdef bytes encode(self, object value):
        return None


@cython.final
cdef class FieldEncoder(Encoder):
    """A response model: validated and serialised by pydantic-core, or by orjson if it fits.

    Args:
        writer: Writes instances of the model as they are, or None.
        shape: Compiled shape of the model where orjson's bytes can be right, or None.
        shadow: Function giving dictionaries where `validate` gives models, or None; takes out
            what the model does not have, puts in defaults, raises what `validate` would.
        shadow_shape: Shape of what `shadow` returns.
        model: Class whose instances pydantic takes as they are, or None.
        validate: Bound ``validate_python`` of the response field.
        to_json: Bound ``to_json`` of the response field's serializer.
        options: Keyword arguments of `to_json`.
    """

    cdef Writer writer
    cdef Shape shape
    cdef object shadow
    cdef Shape shadow_shape
    cdef object model
    cdef object validate
    cdef object to_json
    cdef tuple option_names
    cdef list option_values

    def __init__(self, int status, *, Writer writer, Shape shape, object shadow, Shape shadow_shape,
                 object model, object validate, object to_json, dict options not None):
        super().__init__(status, b"application/json")
        self.writer = writer
        self.shape = shape
        self.shadow = shadow
        self.shadow_shape = shadow_shape
        self.model = model
        self.validate = validate
        self.to_json = to_json
        self.option_names = tuple(options)
        self.option_values = list(options.values())

    cdef bytes encode(self, object value):
        cdef bytes payload
        if self.writer is not None:
            payload = self.writer.write_value(value)
            if payload is not None:
                return payload
        if self.shape is not None:
            payload = encode_fitting(self.shape, value)
            if payload is not None:
                return payload
        if self.model is None or type(value) is not self.model:
            if (
                self.shadow is not None
                and type(value) in (dict, list)
                and is_lasting(value, 0)
            ):
                payload = self.by_shadow(value)
                if payload is not None:
                    return payload
            try:
                value = self.validate(value, from_attributes=True)
            except ValidationError as error:
                raise Refused(error) from None
        return call_list(self.to_json, [value, *self.option_values], self.option_names)

    cdef bytes by_shadow(self, object value):
        """Return the bytes of plain rows without making models of them, or None."""
        try:
            return encode_fitting(self.shadow_shape, self.shadow(value))
        except ValidationError:
            return None


@cython.final
cdef class JsonEncoder(Encoder):
    """No response model: plain data goes to orjson, the rest is made so first.

    Args:
        jsonable: Of `fasterapi.encoders`.
    """

    cdef Jsonable jsonable

    def __init__(self, int status, Jsonable jsonable not None):
        super().__init__(status, b"application/json")
        self.jsonable = jsonable

    cdef bytes encode(self, object value):
        cdef bytes payload = encode_native(value)
        if payload is None:
            payload = self.jsonable.write_value(value)
        if payload is None:
            value = self.jsonable.encode_value(value)
            payload = encode_native(value)
        if payload is None:
            payload = dumps(value).encode("utf-8")
        return payload


@cython.final
cdef class TextEncoder(Encoder):
    """A text response class: a str becomes its UTF-8 bytes."""

    cdef bytes encode(self, object value):
        if type(value) is not str:
            return None
        try:
            return (<str>value).encode("utf-8")
        except UnicodeEncodeError:
            return None


@cython.final
cdef class ResponseMaker:
    """A response class that is called for each answer, with what FastAPI would give it.

    Args:
        response_class: The class.
        status: Status of the route, or None.
        end: Function ``(response, injected response)`` that makes an answer whose status
            forbids a body fit for sending, and adds the injected fields.
        jsonable: Of `fasterapi.encoders`.
        validate: Bound ``validate_python`` of the response field, None without one.
        to_python: Bound ``to_python`` of the response field's serializer.
        options: Keyword arguments of `to_python`.
    """

    def __init__(self, object response_class, *, object status, object end,
                 Jsonable jsonable not None, dict options not None, object validate=None,
                 object to_python=None):
        self.response_class = response_class
        self.status = status
        self.end = end
        self.jsonable = jsonable
        self.validate = validate
        self.to_python = to_python
        self.option_names = tuple(options)
        self.option_values = list(options.values())

    cdef object make(self, object value, object background, object injected):
        """Return the Response."""
        if self.validate is not None:
            try:
                value = self.validate(value, from_attributes=True)
            except ValidationError as error:
                raise Refused(error) from None
            value = call_list(self.to_python, [value, *self.option_values], self.option_names)
        else:
            value = self.jsonable.encode_value(value)
        status = None if injected is None else injected.status_code
        status = status or self.status or status
        if status is None:
            response = self.response_class(value, background=background)
        else:
            response = self.response_class(value, background=background, status_code=status)
        status = response.status_code
        if type(status) is not int or status < 200 or status in BODILESS:
            self.end(response, injected)
        else:
            fields = response.headers.raw
            if injected is not None:
                fields.extend(injected.headers.raw)
        return response
