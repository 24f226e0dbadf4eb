"""What differs between two observations of all programs."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_UNWRITABLE = ("ValueError", "UnicodeDecodeError", "UnicodeEncodeError")


def read(file: Path) -> dict[str, Any]:
    """Return what was seen of each program."""
    lines = file.read_text(encoding="utf-8").splitlines()
    return {item["name"]: item["seen"] for item in map(json.loads, lines)}


def count(seen: dict[str, Any]) -> int:
    """Return how many requests and conversations there were."""
    return sum(
        len(app["answers"]) + len(app["sockets"])
        for program in seen.values()
        for app in program.values()
        if isinstance(app, dict) and "answers" in app
    )


def differences(theirs: dict[str, Any], ours: dict[str, Any]) -> Iterator[str]:
    """Yield what is different, as text."""
    for name, their in theirs.items():
        for line in _of_program(their, ours.get(name, {"failed": "not observed"})):
            yield f"{name}: {line}"
    if not theirs or count(theirs) < len(theirs):
        yield "nothing was asked"


def _of_program(their: dict[str, Any], our: dict[str, Any]) -> Iterator[str]:
    for key in {**their, **our}:
        one, other = their.get(key), our.get(key)
        if one == other and key != "failed":
            continue
        if isinstance(one, dict) and isinstance(other, dict) and "answers" in one:
            yield from _of_app(one, other)
        else:
            yield f"{key}\n  fastapi   {_short(one)}\n  fasterapi {_short(other)}"


def _of_app(one: dict[str, Any], other: dict[str, Any]) -> Iterator[str]:
    if json.dumps(one["document"]) != json.dumps(other["document"]):
        yield f"document\n  {_short(one['document'])}\n  {_short(other['document'])}"
    if len(one["answers"]) != len(other["answers"]):
        yield "number of answers"
    labels = ["start", *one["sent"], "stop"]
    for label, their, our in zip(labels, one["answers"], other["answers"], strict=False):
        if their != our and not _is_on_purpose(label, their, our):
            yield f"{_short(label)}\n  fastapi   {_short(their)}\n  fasterapi {_short(our)}"
    for (label, their), (_, our) in zip(one["sockets"], other["sockets"], strict=False):
        if their != our:
            yield f"websocket {label}\n  fastapi   {_short(their)}\n  fasterapi {_short(our)}"


def _is_on_purpose(question: Any, their: Any, our: Any) -> bool:
    """Return whether docs/guide/differences.md lists this difference."""
    if not isinstance(their, dict) or not isinstance(our, dict):
        return False
    body = their.get("body", "")
    if _unordered(their) == _unordered(our):
        return True  # SQLAlchemy refreshes attributes in the order of a set of objects
    if "swagger-ui" in body or "<redoc" in body or "swaggerUIRedirectOauth2" in body:
        return _pages(their) == _pages(our)
    # A 422 that FastAPI cannot write, because it shows NaN or bytes that are no text.
    if their.get("error"):
        return their["error"][0] in _UNWRITABLE and our.get("status") == 422
    is_odd = re.search(r"NaN|\xff|\\ud[89]", question["body"]) is not None
    return is_odd and (their.get("status"), our.get("status")) == (500, 422)


def _unordered(answer: dict[str, Any]) -> Any:
    """Return *answer* without the order of keys, if it has rows of a database."""
    body = answer.get("body", "")
    if not body.startswith(("{", "[")) or '"secret_name"' not in body:
        return object()
    return {**answer, "body": json.loads(body)}


def _pages(answer: dict[str, Any]) -> Any:
    """Return what counts of a page of documentation, whose text is each framework's own."""
    body = re.sub(
        r"<!--.*?-->|<noscript>.*?</noscript>|<style>.*?</style>",
        "",
        answer["body"],
        flags=re.DOTALL,
    )
    links = re.findall(r'(?:src|href|spec-url)="[^"]*"', body)
    title = re.findall(r"<title>.*?</title>", body)
    if "swaggerUIRedirectOauth2" in body:
        return answer["status"], title
    scripts = "".join(re.findall(r"<script>(.*?)</script>", body, flags=re.DOTALL))
    scripts = re.sub(r"\s|//[^\n]*\n|,(?=\s*[\]}])", "", scripts)
    headers = [pair for pair in answer["headers"] if pair[0] not in ("content-length", "vary")]
    return answer["status"], headers, answer["error"], sorted(links), title, scripts


def _short(value: Any) -> str:
    return repr(value)[:1500]
