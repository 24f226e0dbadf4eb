"""Celery: tasks are queued by handlers and done by a worker in a thread."""

from collections.abc import Iterator
from typing import Any

import pytest
from celery import Celery
from celery.contrib.testing.worker import start_worker
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import BaseModel

from tests.integration.ecosystem.support import COMPILED, reasons

queue = Celery("queue", broker="memory://", backend="cache+memory://")
queue.conf.update(task_serializer="json", broker_connection_retry_on_startup=True)


@queue.task
def add(a: int, b: int) -> int:
    return a + b


class Job(BaseModel):
    a: int
    b: int


@pytest.fixture
def client() -> Iterator[TestClient]:
    app = FastAPI()

    @app.post("/jobs", status_code=202)
    async def enqueue(job: Job) -> dict[str, str]:
        return {"id": add.delay(job.a, job.b).id}

    @app.get("/jobs/{job_id}")
    def wait(job_id: str) -> dict[str, Any]:
        # `def`: waiting for a result blocks
        return {"result": queue.AsyncResult(job_id).get(timeout=20)}

    with start_worker(queue, perform_ping_check=False, pool="solo"), TestClient(app) as client:
        yield client


def test_task_is_done_by_the_worker(client: TestClient) -> None:
    answer = client.post("/jobs", json={"a": 1, "b": 2})
    assert answer.status_code == 202
    assert client.get(f"/jobs/{answer.json()['id']}").json() == {"result": 3}
    assert reasons(client.app)["/jobs"] == COMPILED
