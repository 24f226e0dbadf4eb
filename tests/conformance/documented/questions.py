"""What a program is asked: requests made from its OpenAPI document, right and wrong."""

import base64
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from typing import Any
from urllib.parse import quote, urlencode

from tests.conformance.documented.samples import Schemas

TOKEN = "@token"
"""Stands in a header for the access token of the latest answer that had one."""

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
_BOUNDARY = "boundary-of-parts"
_LOGINS = (("johndoe", "secret"), ("alice", "secret2"), ("stanleyjobson", "swordfish"), ("a", "b"))
_ALWAYS = (
    *("/", "//", "/docs", "/redoc", "/openapi.json", "/docs/oauth2-redirect", "/documentation"),
    *("/none", "/items", "/items/", "/static/styles.css", "/static/none", "/static", "/index.html"),
    *("/about.html", "/assets/app.js", "/assets", "/assets/../index.html", "/users/me/x", "/app"),
    *("/items/5/", "/subapi/docs", "/subapi/openapi.json", "/v1/", "/graphql", "/api/v1/app"),
)
_MOST = 260


@dataclass(frozen=True)
class Question:
    """One request; texts stand for their Latin-1 bytes."""

    method: str
    path: str
    query: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def with_header(self, name: str, value: str) -> "Question":
        return replace(self, headers=(*self.headers, (name, value)))


@dataclass
class Parts:
    """The pieces of a request to one operation, before they are put together."""

    path: dict[str, Any] = field(default_factory=dict)
    query: list[tuple[str, Any]] = field(default_factory=list)
    header: list[tuple[str, Any]] = field(default_factory=list)
    cookie: list[tuple[str, Any]] = field(default_factory=list)


class Asker:
    """Makes the requests to one application."""

    def __init__(
        self, document: dict[str, Any], words: list[str], compared: dict[str, list[str]]
    ) -> None:
        self.document = document
        self.schemas = Schemas(document)
        self.words = words
        self.compared = compared
        schemes = document.get("components", {}).get("securitySchemes", {})
        self.schemes: dict[str, dict[str, Any]] = schemes

    def questions(self) -> list[Question]:
        """Return all requests, in the order in which they are to be asked."""
        found = [Question("GET", path) for path in _ALWAYS]
        for path, item in self.document.get("paths", {}).items():
            methods = [method for method in _METHODS if method in item]
            for method in methods:
                found.extend(list(self._operation(method.upper(), path, item[method]))[:_MOST])
            found.extend(self._around(path, item, methods))
        return list(dict.fromkeys(found))

    def _around(self, path: str, item: dict[str, Any], methods: list[str]) -> Iterator[Question]:
        """Yield requests to *path* with other methods, and to its neighbours."""
        first = self._put(
            methods[0].upper() if methods else "GET", path, self._parts(item[methods[0]])
        )
        for method in ("GET", "HEAD", "OPTIONS", "POST", "DELETE", "PATCH", "TRACE", "PURGE"):
            yield replace(first, method=method)
        yield replace(first, path=first.path + "/")
        yield replace(first, path=first.path.rstrip("/") or "/")
        yield replace(first, path=first.path + "/more")
        yield replace(first, path=first.path.upper())
        yield first.with_header("origin", "https://example.com")
        preflight = replace(first, method="OPTIONS").with_header("origin", "http://localhost:8080")
        yield preflight.with_header("access-control-request-method", "POST")
        yield first.with_header("accept-encoding", "gzip")
        yield first.with_header("range", "bytes=2-5")
        yield first.with_header("x-forwarded-prefix", "/x").with_header("host", "other.example")

    def _operation(self, method: str, path: str, operation: dict[str, Any]) -> Iterator[Question]:
        plain = [
            question
            for parts in self._all_parts(operation)
            for question in [self._put(method, path, parts)]
        ]
        bodies = list(self._bodies(operation))
        for credentials in self._credentials(operation):
            first = plain[0]
            for name, value in credentials:
                first = first.with_header(name, value)
            yield from self._with_bodies(first, bodies[:2])
        full = [question for one in plain for question in self._with_bodies(one, bodies[:1])]
        full += self._with_bodies(plain[0], bodies)
        for question in full:
            if operation.get("security"):
                yield question.with_header("authorization", f"Bearer {TOKEN}")
            yield question

    @staticmethod
    def _with_bodies(one: Question, bodies: list[tuple[str | None, str]]) -> list[Question]:
        return [
            replace(one.with_header("content-type", kind) if kind is not None else one, body=body)
            for kind, body in bodies
        ] or [one]

    # --- parameters ------------------------------------------------------------------------

    def _values(self, parameter: dict[str, Any]) -> list[Any]:
        name = parameter["name"]
        known = self.compared.get(name.lower().replace("-", "_"), [])
        examples = [
            example["value"]
            for example in parameter.get("examples", {}).values()
            if "value" in example
        ]
        return [*known, *examples, *self.schemas.right(parameter.get("schema", {}))]

    def _parts(self, operation: dict[str, Any]) -> Parts:
        parts = Parts()
        for parameter in operation.get("parameters", []):
            self._set(parts, parameter, [self._values(parameter)[0]])
        return parts

    @staticmethod
    def _set(parts: Parts, parameter: dict[str, Any], values: list[Any]) -> None:
        """Give *parameter* these values, in the place of others."""
        name, source = parameter["name"], parameter["in"]
        if source == "path":
            parts.path[name] = values[0] if values else ""
            return
        pairs: list[tuple[str, Any]] = getattr(parts, source)
        pairs[:] = [pair for pair in pairs if pair[0] != name]
        for value in values:
            if isinstance(value, list):
                pairs.extend((name, item) for item in value)
            else:
                pairs.append((name, value))

    def _all_parts(self, operation: dict[str, Any]) -> Iterator[Parts]:
        yield self._parts(operation)
        for parameter in operation.get("parameters", []):
            values = self._values(parameter)
            choices: list[list[Any]] = [[value] for value in values]
            choices += [[value] for value in self.schemas.wrong(parameter.get("schema", {}))]
            choices += [[], [""], values[:1] * 2, [values[0], "last"], [" 1 "], ["é"], ["%"]]
            if parameter["in"] == "path" or parameter["name"] in ("q", "token"):
                choices += [[word] for word in self.words[:25]]
            for choice in choices:
                parts = self._parts(operation)
                self._set(parts, parameter, choice)
                yield parts
        parts = self._parts(operation)
        parts.query.append(("unknown", "1"))
        parts.header.append(("x-unknown", "1"))
        parts.cookie.append(("unknown", "1"))
        yield parts
        yield Parts(path=parts.path)

    def _put(self, method: str, path: str, parts: Parts) -> Question:
        for name, value in parts.path.items():
            for spelling in (f"{{{name}}}", f"{{{name}:path}}"):
                path = path.replace(spelling, _text(value))
        query = urlencode([(name, _text(value)) for name, value in parts.query])
        headers = [(name.lower(), _latin(_text(value))) for name, value in parts.header]
        if parts.cookie:
            pairs = "; ".join(f"{name}={_text(value)}" for name, value in parts.cookie)
            headers.append(("cookie", _latin(pairs)))
        return Question(method, path, query, tuple(headers))

    # --- bodies ----------------------------------------------------------------------------

    def _bodies(self, operation: dict[str, Any]) -> Iterator[tuple[str | None, str]]:
        """Yield content types and bodies, the right ones first."""
        content = operation.get("requestBody", {}).get("content", {})
        for kind, media in content.items():
            schema = media.get("schema", {})
            right = self.schemas.right(schema)
            right += [one["value"] for one in media.get("examples", {}).values() if "value" in one]
            if "form" in kind:
                yield from _forms(kind, right, self.schemas.wrong(schema))
            elif "json" in kind:
                yield from _json(kind, right, self.schemas.wrong(schema))
            else:
                for body in (
                    "",
                    "plain",
                    '{"a": 1}',
                    "name: Deadpoolio\ntags:\n- x\n- y\n",
                    "a: [",
                ):
                    yield kind, body
        if content:
            yield None, ""

    # --- who asks --------------------------------------------------------------------------

    def _credentials(self, operation: dict[str, Any]) -> Iterator[list[tuple[str, str]]]:
        for requirement in operation.get("security", []):
            for name in requirement:
                scheme = self.schemes.get(name, {})
                if scheme.get("type") == "apiKey":
                    for word in ("", "secret", *self.words[:10]):
                        where = scheme["in"]
                        if where == "header":
                            yield [(scheme["name"].lower(), word)]
                        elif where == "cookie":
                            yield [("cookie", f"{scheme['name']}={word}")]
                    continue
                yield from ([("authorization", value)] for value in self._authorizations())
        for username, password in _LOGINS if "form" in str(operation.get("requestBody")) else ():
            del username, password
            yield []

    def _authorizations(self) -> Iterator[str]:
        yield from ("", "Bearer", "Bearer ", f"Bearer {TOKEN}", f"bearer  {TOKEN}", "Basic x", "é")
        for word in self.words[:12]:
            yield f"Bearer {word}"
        for login in (*_LOGINS, ("", "")):
            yield "Basic " + base64.b64encode(":".join(login).encode()).decode()
        yield "Basic " + base64.b64encode(b"nocolon").decode()
        yield "Basic " + base64.b64encode(b"\xff:\xff").decode()
        yield 'Digest username="a"'


def _json(kind: str, right: list[Any], wrong: list[Any]) -> Iterator[tuple[str | None, str]]:
    for value in (*right, *wrong):
        yield kind, _latin(json.dumps(value))
    text = json.dumps(right[0])
    for other in (
        "text/plain",
        "application/vnd.api+json; a=b",
        "application/x-www-form-urlencoded",
    ):
        yield other, text
    yield None, text
    for odd in ("", "{", "null", text + "x", " " + text, "\xff" + text, '{"a": 1, "a": NaN}'):
        yield kind, odd
    yield kind, text.encode("utf-16").decode("latin-1")


def _forms(kind: str, right: list[Any], wrong: list[Any]) -> Iterator[tuple[str | None, str]]:
    multipart = f"multipart/form-data; boundary={_BOUNDARY}"
    encoded = "application/x-www-form-urlencoded"
    logins = [
        {"username": name, "password": word, "grant_type": "password", "scope": "me items"}
        for name, word in (*_LOGINS, ("johndoe", "wrong"))
    ]
    values = [one for one in (*right, *logins, *wrong) if isinstance(one, dict)]
    for value in values:
        if "multipart" in kind:
            yield multipart, _multipart(value, are_files=True)
            yield multipart, _multipart(value, are_files=False)
        yield encoded, urlencode({name: _text(item) for name, item in value.items()}, doseq=True)
    empty = dict.fromkeys(values[0], "")
    for value in (empty, {}, {**empty, "more": "x"}):
        yield multipart, _multipart(value, are_files=False)
        yield multipart, _multipart(value, are_files=True)
        yield encoded, urlencode(value)
    yield "multipart/form-data", _multipart(values[0], are_files=True)
    yield "application/json", json.dumps(values[0])
    yield None, urlencode({name: _text(item) for name, item in values[0].items()})


def _multipart(value: dict[str, Any], *, are_files: bool) -> str:
    lines = []
    for name, items in value.items():
        for item in items if isinstance(items, list) else [items]:
            is_text = name in ("token", "username", "password") or not are_files
            file = "" if is_text else f'; filename="{name}.txt"\r\nContent-Type: text/plain'
            lines.append(f"--{_BOUNDARY}\r\n")
            lines.append(f'Content-Disposition: form-data; name="{name}"{file}\r\n\r\n')
            lines.append(_latin(_text(item)) + "\r\n")
    return "".join([*lines, f"--{_BOUNDARY}--\r\n"])


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value)


def _latin(text: str) -> str:
    """Return *text* as its UTF-8 bytes, each one character."""
    return text.encode().decode("latin-1")


def quoted(path: str) -> str:
    """Return *path* as it is written in a request."""
    return quote(path, safe="/:@!$&'()*+,;=~-._")
