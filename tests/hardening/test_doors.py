"""The doors of the other tests are what they are called."""

from fasterapi import FastAPI
from tests.hardening.doors import ask, make_app


def build(app: FastAPI) -> None:
    @app.get("/item/{item_id}")
    async def item(item_id: int) -> int:
        return item_id


def test_only_the_reference_door_has_no_plan(door: str) -> None:
    app = make_app(door, build)
    reasons = [row.reason for row in app.plan_report() if row.route.path == "/item/{item_id}"]
    assert bool(reasons[0]) is (door == "reference"), reasons


def test_every_door_answers(door: str) -> None:
    answer = ask(make_app(door, build), "/item/3")
    assert (answer.status, answer.body, answer.error) == (200, b"3", None)
