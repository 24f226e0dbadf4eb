"""Random bodies: parameters that read one, and the bytes that requests send."""

import json
from random import Random

from tests.conformance.fuzzing.parameters import Parameter

_OBJECTS: dict[str, tuple[str, ...]] = {
    "Item": (
        '{"name": "a"}',
        '{"name": "a", "price": "2", "tags": ["x", "y"], "note": null}',
        '{"name": 5, "price": "x", "tags": "y"}',
        '{"name": "a", "price": 1e999, "extra": [1, {"a": NaN}]}',
        '{"price": 1, "name": "\\ud83d\\ude00", "name": "last"}',
    ),
    "Flags": (
        '{"on": true, "count": 3}',
        '{"on": "yes", "count": "3", "anything": {"a": [1.0, 1e22, -0.0, 123456789012345678901]}}',
        '{"on": 1, "count": 3.0, "more": {"a": 1, "b": "2", "a": 3}}',
        '{"on": 2, "count": 3.5, "more": []}',
        '{"on": false, "count": 12345678901234567890123, "anything": -9223372036854775809}',
        '{"on": false, "count": true, "anything": 1.7976931348623157e309}',
    ),
    "Nested": (
        '{"item": {"name": "a"}, "items": {"x": {"name": "b"}}, "when": "2024-01-02T03:04:05Z"}',
        '{"item": {"name": "a"}, "kind": 1, "when": 1700000000.5}',
        '{"item": {"name": "a"}, "kind": true, "when": true}',
        '{"item": {"name": "a"}, "kind": 1.0, "when": "x"}',
        '{"item": [], "items": {"x": 1}, "kind": "c"}',
    ),
    "Dates": (
        '{"day": "2024-01-02", "clock": "03:04", "length": "P1D", "amount": 1.10}',
        '{"day": 1704153600, "clock": 3600, "length": 1.5, "key": "x", "amount": "1.10"}',
        '{"day": "2024-01-02T00:00:00", "clock": true, "length": true, "amount": 1e2}',
        '{"key": "12345678-1234-5678-1234-567812345678", "day": 1.5, "amount": NaN}',
    ),
    "Aliased": ('{"itemKey": 1, "in": "y"}', '{"key": 1}', '{"itemKey": "1", "out": "y"}'),
    "Named": ('{"key": 1}', '{"itemKey": 2}', '{"key": 1, "itemKey": "2"}', "{}"),
    "Checked": ('{"name": " ok ", "total": 4}', '{"name": "bad"}', '{"name": " bad", "total": 3}'),
    "Whole": ('{"low": 1, "high": 2}', '{"low": 3}', '{"low": "x"}'),
    "Forbidding": ('{"a": 1}', '{"a": 1, "c": 2}', '{"b": 1}'),
    "Extending": ('{"a": 1, "c": {"d": [1, null]}}', '{"z": 1, "z": 2, "y": 3}', '{"a": "x"}'),
    "Strict": ('{"a": 1}', '{"a": "1"}', '{"when": "2024-01-02"}', '{"a": 1.0}'),
    "Tree": ('{"children": [{"value": 1, "children": [{"value": "2"}]}]}', '{"children": [[]]}'),
    "Numbers": ("[1, 2]", '["1", 2.0]', '[1, "x"]', "{}"),
    "Limited": (
        '{"rows": [1, 2], "name": " a ", "ratio": 1}',
        '{"rows": [1, 2, 3, 4], "ratio": 0}',
    ),
    "Enums": (
        '{"color": "blue", "number": 2, "exact": "red"}',
        '{"exact": true}',
        '{"number": "1"}',
    ),
    "Point": ('{"x": 1}', '{"x": "1", "y": null}', "{}"),
    "Pair": ('{"left": 1, "right": "a"}', '{"left": "x"}'),
}
_OTHERS: dict[str, tuple[str, ...]] = {
    "list[Item]": ('[{"name": "a"}, {"name": "b", "price": 2}]', '[{"name": "a"}, {}]', "[]"),
    "list[int]": ("[1, 2]", '["1", 2.0, true]', '["x"]'),
    "dict[str, int]": ('{"a": 1, "b": "2"}', '{"a": 1, "a": "x"}', '{"a": 1, "a": 2}', "[]"),
    "dict[int, float]": ('{"1": 1, "2": "2"}', '{"1": 1, " 1": 2, "x": 1}', '{"1.0": NaN}'),
    "dict[str, Any]": ('{"a": [1, {"b": null}]}', '{"a": 1e400}', "5"),
    "Item | None": ('{"name": "a"}', "null", "{}"),
    "Item | Flags": ('{"name": "a"}', '{"on": true, "count": 1}', "{}"),
    "list[Nested] | None": ('[{"item": {"name": "a"}}]', "null", "[null]"),
    "Annotated[int, f.Body()]": ("5", '"5"', "5.0", "5.5", "true", "null", "1" * 30, "1" * 5000),
    "Annotated[str, f.Body()]": ('"a"', '"\\ud800"', "5", '"\\u0000"', "null"),
    "Annotated[float, f.Body()]": ("1", "1e999", "NaN", '"inf"', "-0", "1" * 400),
    "Annotated[bool, f.Body()]": ("true", '"on"', "2", "1.0"),
    "Annotated[Any, f.Body()]": ("null", "[1]", '{"a": 1}', "1e5", "0.1", '"x"', "1" * 25),
    "Annotated[Any, f.Body(embed=True)]": ('{"a": 1}', '{"b": null}', "[]", "null"),
    "Annotated[Item, f.Body(embed=True)]": ('{"a": {"name": "x"}}', '{"b": {}}', '{"c": 5}'),
    "Annotated[Item | None, f.Body()]": ('{"name": "x"}', "null", "", "5"),
    "Annotated[int | None, f.Body(ge=3)]": ("5", "1", "null", ""),
    "Annotated[date, f.Body()]": ('"2024-01-02"', "0", "1.5", "true"),
    "Annotated[Literal[1, 'a', None], f.Body()]": ("1", '"a"', "null", "true", "1.0", '"1"'),
    "Annotated[bytes, f.Body()]": ('"a"', "5", '"\\u00e9"'),
    "Annotated[list[Point], f.Body()]": ('[{"x": 1}]', "[[1]]"),
}
_FORMS = (
    "Annotated[str, f.Form()]",
    "Annotated[int, f.Form(gt=2)]",
    "Annotated[list[str], f.Form()]",
    "Annotated[str | None, f.Form()]",
    "Annotated[Filter, f.Form()]",
    "Annotated[Filter | None, f.Form()]",
    "Annotated[Search, f.Form()]",
    "Annotated[Search | Filter, f.Form()]",
    "Annotated[list[int] | None, f.Form()]",
    "Annotated[set[int], f.Form()]",
    "Annotated[int, f.Form(alias='b', ge=1)]",
    "Annotated[str, f.Form(min_length=1, max_length=2)]",
    "f.UploadFile",
    "Annotated[bytes, f.File()]",
    "list[f.UploadFile]",
    "f.UploadFile | None",
    "Annotated[bool, f.Form()]",
)
_MULTIPART = (
    b'--B\r\ncontent-disposition: form-data; name="a"\r\n\r\n7\r\n'
    b'--B\r\ncontent-disposition: form-data; name="b"; filename="f.txt"\r\n'
    b"content-type: text/plain\r\n\r\nfile\r\n--B--\r\n",
    b'--B\r\ncontent-disposition: form-data; name="b"\r\n\r\n\r\n'
    b'--B\r\ncontent-disposition: form-data; name="a"; filename=""\r\n\r\n\r\n--B--\r\n',
    b'--B\r\ncontent-disposition: form-data; name="c"; filename="g"\r\n\r\nxyz\r\n--B--\r\n',
    b'--B\r\ncontent-disposition: form-data; name="a"\r\n\r\n\r\n'
    b'--B\r\ncontent-disposition: form-data; name="a"\r\n\r\n9\r\n--B--\r\n',
    b'--B\r\ncontent-disposition: form-data; name="a"; filename="e.txt"\r\n\r\n\r\n--B--\r\n',
    b'--B\r\ncontent-disposition: form-data; name=""\r\n\r\nx\r\n'
    b'--B\r\ncontent-disposition: form-data; name="b"\r\n\r\n\xc3\xa9 \xff\r\n--B--\r\n',
    b'--B\r\nCONTENT-DISPOSITION:form-data;NAME="a"\r\n\r\n5\r\n--B--',
    b"--B--\r\n",
    b"--B\r\nno header",
    b"--B\r\ncontent-disposition: form-data; name=a\r\n\r\n7\r\n"
    b'--B\r\ncontent-disposition: form-data; filename="x;y"; name="b"\r\n\r\nfile\r\n--B--',
    b'--B\r\nContent-Disposition: form-data; name="a"; filename="f"; filename*=x\r\n\r\n1\r\n'
    b'--B\r\nContent-Disposition: form-data; name="b"; filename="c:\\x\\y"\r\n\r\n--B\r\n'
    b"--B--\r\nend",
    b'--B\r\nx-a: b\r\nContent-Disposition:form-data;name="limit"\r\nx-a:\r\n\r\n5\r\n'
    b'--B\r\nContent-Disposition: form-data; name="tags"\r\n\r\nx\r\n'
    b'--B\r\nContent-Disposition: form-data; name="tags"\r\n\r\n\r\n--B--\r\n',
    b'before\r\n--B\r\ncontent-disposition: form-data; name="a"\r\n\r\n7\r\n--B--\r\n',
    b'--B\r\ncontent-disposition: form-data; name="a"\r\ncontent-disposition: x; name="b"\r\n'
    b'\r\n7\r\n--B \r\ncontent-disposition: inline; name="b"\r\n\r\n8\r\n--B--\r\n',
)
_MULTIPART_TYPES = (
    *("multipart/form-data; boundary=B",) * 6,
    *('multipart/form-data; boundary="B"', "Multipart/Form-Data ;\tBOUNDARY=B "),
    *("multipart/form-data; boundary=B; charset=latin-1", "multipart/form-data; boundary= B"),
)
_URLENCODED = (
    *(b"a=7&b=x&b=y&c=on", b"a=1&limit=5&tags=t", b"", b"a=%zz&b=%C3%A9&=", b"c=&a=+3+"),
    *(b"a", b"a&b", b"a=&b=", b"a=&a=7", b"a=7&a=", b"&&a=1&&", b"a=1;b=2", b"=x&a=2", b"a=%FF"),
    *(b"a=\xe9", b"tags=&limit=", b"order=up&order=down", b"a=on&b=&c=5", b"A=1&B=2", b"a==&b"),
    *(b"p=2&text=", b"text=a&limit=3", b"p=0&x=1", b"a=1&a=2&a=1", b"a=1&" * 1001),
)
_CONTENT_TYPES = (
    *("application/json",) * 8,
    *("application/json; charset=utf-8", "Application/JSON", "application/vnd.api+json"),
    *("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=B"),
    *("", "json", "application/json;", "multipart/form-data", " application/json"),
)


def body_parameters(
    rng: Random, names: list[str], texts: list[str], *, are_forms: bool
) -> list[Parameter]:
    """Return one to three parameters that make up a body; their samples go to *texts*."""
    if are_forms:
        count = rng.choice((1, 1, 2))
        return [_with_default(rng, names[i], rng.choice(_FORMS)) for i in range(count)]
    known = {**_OBJECTS, **_OTHERS}
    count = rng.choice((1, 1, 1, 1, 2, 3))
    chosen = [rng.choice(list(_OBJECTS if rng.random() < 0.5 else known)) for _ in range(count)]
    samples = [known[annotation] for annotation in chosen]
    texts.extend(samples[0])
    for _ in range(3):
        parts = [f'"{names[i]}": {rng.choice(samples[i]) or "null"}' for i in range(count)]
        texts.append("{" + ", ".join(parts) + "}")
    return [_with_default(rng, names[i], chosen[i]) for i in range(count)]


def _with_default(rng: Random, name: str, annotation: str) -> Parameter:
    has_default = "None" in annotation or rng.random() < 0.1
    return Parameter(name, annotation, "None" if has_default else None)


def random_body(rng: Random, texts: list[str]) -> tuple[bytes, str]:
    """Return bytes and a content type, which fit each other more often than not."""
    if not texts or rng.random() < 0.08:
        if rng.random() < 0.5:
            return rng.choice(_URLENCODED), "application/x-www-form-urlencoded"
        return rng.choice(_MULTIPART), rng.choice(_MULTIPART_TYPES)
    text = rng.choice(texts)
    return _damaged(rng, text), rng.choice(_CONTENT_TYPES)


def _damaged(rng: Random, text: str) -> bytes:
    """Return *text* as bytes, one time in four with something odd about it."""
    whole = text.encode("utf-8", "surrogatepass")
    if rng.random() < 0.75:
        return whole
    place = rng.randrange(len(text) + 1)
    oddities = (
        whole[:-1],
        whole + b" \n",
        whole + b"x",
        b"\xef\xbb\xbf" + whole,
        text.encode("utf-16"),
        text.encode("utf-16-le"),
        text.encode("utf-32"),
        whole + b"\x00",
        (text[:place] + rng.choice('"{}[],:0e\\') + text[place:]).encode(),
        whole.replace(b'"a"', b'"\xff"'),
        whole.replace(b'"a"', b'"\\ud800"'),
        whole.replace(b"1", b"01"),
        b"",
        b"null",
        b'"' + whole.replace(b'"', b"'") + b'"',
        json.dumps(text).encode(),
        whole.replace(b": ", b" :\t\r\n"),
        b"[" * 300 + b"]" * 300,
    )
    return rng.choice(oddities)
