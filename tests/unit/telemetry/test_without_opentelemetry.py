"""Programs that do not use OpenTelemetry must not pay for it."""

import os
import subprocess
import sys

import pytest

REQUEST = """
from fasterapi import FastAPI
from fasterapi.testclient import TestClient

app = FastAPI()

@app.get("/{n}")
def read(n: int): return n

with TestClient(app) as client:
    assert client.get("/1").json() == 1
    assert client.get("/x").status_code == 422
"""
NO_OPENTELEMETRY = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "opentelemetry":
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Missing())
"""
NOT_IMPORTED = """
import sys
assert not [name for name in sys.modules if name.startswith("opentelemetry")]
"""


def run(script: str, **environment: str) -> subprocess.CompletedProcess[str]:
    # Plugins of pydantic (Logfire has one) import OpenTelemetry by themselves.
    env = {**os.environ, "PYDANTIC_DISABLE_PLUGINS": "__all__", **environment}
    return subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=env, check=False
    )


def test_a_request_does_not_import_it() -> None:
    done = run(REQUEST + NOT_IMPORTED)
    assert done.returncode == 0, done.stderr


def test_a_request_works_without_it() -> None:
    done = run(NO_OPENTELEMETRY + REQUEST)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "environment",
    [
        {"OTEL_PYTHON_TRACER_PROVIDER": "sdk_tracer_provider"},
        {
            "FASTAPI_OTEL_AUTO_CONFIGURE": "true",
            "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9",
        },
    ],
)
def test_an_environment_that_asks_for_it_does_no_harm(environment: dict[str, str]) -> None:
    done = run(NO_OPENTELEMETRY + REQUEST, **environment)
    assert done.returncode == 0, done.stderr


def test_hooks_return_constants_until_a_request_is_observed() -> None:
    done = run(
        "from fasterapi.telemetry import _api, get_telemetry_data\n"
        "assert get_telemetry_data() is None\n"
        "assert _api._operation(name='a') is _api._operation(name='b', function=print)\n"
        "assert _api._run_sync_endpoint(function=dict, arguments={'a': 1}) == {'a': 1}\n"
        "assert _api._route_selected(scope={}, path='/') is None\n"
        "assert _api._validation_failed(None) is None\n" + NOT_IMPORTED
    )
    assert done.returncode == 0, done.stderr
