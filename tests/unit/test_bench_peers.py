"""The parts of `bench/peers.py` that need no server."""

import json
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).resolve().parents[2] / "bench"
MODULES = ("machine", "peers", "peers_report", "peers_setup", "peers_runner")

pytestmark = pytest.mark.skipif(
    not (BENCH / "peers.py").exists(), reason="a source distribution has no benchmarks"
)


@pytest.fixture
def bench(monkeypatch):
    """The modules of the benchmark, for one test only: their names are nobody's."""
    monkeypatch.syspath_prepend(str(BENCH))
    for name in MODULES:
        monkeypatch.delitem(sys.modules, name, raising=False)
    yield type("Bench", (), {name: __import__(name) for name in MODULES})
    for name in MODULES:
        sys.modules.pop(name, None)


def entry(rps, us=10.0, p99=1.0, rss=50.0):
    return {
        "rps": rps,
        "us_per_req": us,
        "p99_ms": p99,
        "rss_mb": rss,
        "client_share": 0.5,
        "foreign": 0.0,
        "errors": {},
    }


def result(summary, idle=None):
    machine = {"date": "2026-01-02 03:04", "python": "CPython 3.13", "cpu": "CPU", "cores": 2}
    machine |= {"system": "Linux", "load": [0.0, 0.0, 0.0], "commit": "abc"}
    suite = {"wrk": "wrk 4", "warmup": 1, "duration": 2, "connections": 64, "rounds": 3}
    return {"machine": machine, "suite": suite, "summary": summary, "idle": idle}


SUMMARY = {
    "fastapi_uvicorn": {"json": entry(10_000, 50, rss=60), "sync": entry(2_000)},
    "asgi_uvicorn": {"json": entry(40_000, p99=2.0)},
    "floor_httptools": {"json": entry(120_000)},
    "fasterapi": {"json": entry(90_000, 5, p99=3.0, rss=55), "sync": {"invalid": ["no"]}},
    "asgi_fasterapi": {"json": entry(80_000)},
}


def test_targets_say_what_was_found(bench):
    found = {x.what: x for x in bench.peers_report.targets(SUMMARY, {"beyond": 5000})}
    outcomes = {what: (x.found, x.outcome) for what, x in found.items()}
    assert outcomes["json, x FastAPI"] == (9.0, "yes")
    assert outcomes["json, x floor"] == (0.75, "yes")
    assert outcomes["sync, x FastAPI"] == (None, "-")  # a wrong answer is no figure
    assert outcomes["plaintext, x FastAPI"] == (None, "-")
    assert outcomes["host of a raw ASGI app, json, x uvicorn"] == (2.0, "yes")
    assert outcomes["p99 with 64 connections, x raw ASGI app's (worst of 4)"] == (1.5, "no")
    assert outcomes["peak RSS, x FastAPI's"][1] == "yes"
    assert outcomes["bytes a connection that idles, beyond bare"] == (5000, "no")


def test_report_has_a_cell_for_everything(bench):
    idle = {"connections": 1000, "bytes": {"bare": 1300.0, "fasterapi": 2300.0}, "beyond": 1000.0}
    text = bench.peers_report.report(result(SUMMARY, idle))
    assert "| **fasterapi** | 90.0 | wrong |" in text
    assert "| **fasterapi** | 9.00 | wrong |" in text
    assert "| json, x FastAPI | >= 9.00 | 9.00 | yes |" in text
    assert "| fasterapi | 2,300 |" in text
    assert "1 s of load are not counted, then 2 s are, with 64 connections, in 3 rounds" in text


def test_report_of_few_peers(bench):
    text = bench.peers_report.report(result({"fasterapi": {"json": entry(1, 5)}}))
    assert "| json, x FastAPI | >= 9.00 | - | - |" in text
    assert "idle" not in text


def test_bounds_and_faults_are_marked(bench):
    assert bench.peers_report.marked({**entry(1500), "client_share": 0.9}) == "1.5*"
    assert bench.peers_report.marked({**entry(1500), "errors": {"read": 3}}) == "1.5!"


def test_only_import_lines_are_changed(bench):
    theirs = "from fastapi import A\nif x:\n    from fastapi.responses import B\nfastapi = 1\n"
    ours = "from fasterapi import A\nif x:\n    from fasterapi.responses import B\nfastapi = 1\n"
    assert bench.peers_setup.changed_import(theirs) == ours


def test_both_programs_have_the_same_routes(bench, tmp_path):
    suite = tmp_path / "suite"
    (suite / "apps").mkdir(parents=True)
    (suite / "bench.py").write_text("")
    (suite / "apps/fastapi.py").write_text("from fastapi import FastAPI\n")
    (suite / "apps/fastify.js").write_text("")
    made = bench.peers_setup.suite_copy(suite, tmp_path / "made")
    theirs, ours = ((made / f"apps/{name}.py").read_text() for name in ("fastapi", "fasterapi"))
    assert ours == theirs.replace("from fastapi import", "from fasterapi import")
    assert '@app.get("/defs")' in ours
    assert (made / "apps/fastify.js").exists()


def test_what_each_server_needs_is_known(bench):
    for name in bench.peers.names(None):
        assert bench.peers_setup.packages_of([name]), name
    assert bench.peers_setup.packages_of(["fastapi_granian"])[:2] == ["fastapi", "granian"]


def test_measured_servers(bench):
    needed = ["floor_httptools", "asgi_uvicorn", "fastapi_uvicorn", "fasterapi", "asgi_fasterapi"]
    assert bench.peers.names("") == needed
    assert bench.peers.names("sanic,fasterapi") == [*needed, "sanic"]


class Suite:
    """As much of the peer suite as the runner changes."""

    KINDS = ("main",)

    def __init__(self):
        self.WORKLOADS = {"json": (), "list": ()}
        self.FRAMEWORKS = {
            "fastapi_uvicorn": {"only": None},
            "sanic": {"only": None},
            "robyn_const": {"only": ("json",)},
        }

    def req(self, path, **expected):
        return {"path": path, **expected}

    REJECT = (422,)

    def fw(self, line, **options):
        return {"cmd": line, **options}


def test_runner_adds_a_workload_for_fastapi_and_us(bench):
    suite = Suite()
    bench.peers_runner.extend(suite)
    assert list(suite.WORKLOADS) == ["json", "list", "sync_deps"]
    assert suite.KINDS == ("main", "defs")
    limits = {name: spec["only"] for name, spec in suite.FRAMEWORKS.items()}
    assert limits["fastapi_uvicorn"] is None
    assert limits["sanic"] == ("json", "list")
    assert limits["robyn_const"] == ("json",)


def test_runner_knows_the_hosted_app_answers_from_a_table(bench):
    suite = Suite()
    bench.peers_runner.extend(suite)
    lines = bench.peers_setup.OUR_SERVERS
    assert suite.fw(lines["asgi_fasterapi"])["canned"] is True
    assert "canned" not in suite.fw(lines["fasterapi"])


def test_kept_under_the_servers_python(bench, tmp_path):
    facts = {"machine": {"date": "2026-01-02 03:04"}}
    path = bench.machine.keep("http", facts, tmp_path, "3.11")
    assert path.name == "2026-01-02T0304-http-cpython311.json"
    assert json.loads(path.read_text()) == facts
