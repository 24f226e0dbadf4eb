"""Runs the peer suite with one workload and some knowledge more; `peers.py` starts it.

python bench/peers_runner.py FOLDER_OF_THE_SUITE ARGUMENTS_OF_ITS_bench.py...
"""

import sys

SYNC_DEPS = {"owner": "alice", "window": "3/10"}
# Where somebody else's application is hosted, two workloads say what there is to know.
HOSTED = ("plaintext", "json")


def extend(suite) -> None:
    """Add to the suite what it has no options for."""
    theirs = tuple(suite.WORKLOADS)
    driven = suite.req("/defs?page=3&size=10", equal=SYNC_DEPS)
    others = [suite.req("/defs?page=x", status=suite.REJECT)]
    suite.WORKLOADS["sync_deps"] = ("defs", driven, others)
    suite.KINDS = (*suite.KINDS, "defs")
    for name, spec in suite.FRAMEWORKS.items():
        if name != "fastapi_uvicorn":
            spec["only"] = spec["only"] or theirs
    plain = suite.fw

    def known(line, **options):
        # The suite cannot be told that a server from outside answers from a table.
        if "apps.raw_asgi" in line:
            options |= {"canned": True, "only": HOSTED, "group": "raw"}
        return plain(line, **options)

    suite.fw = known


if __name__ == "__main__":
    sys.path.insert(0, sys.argv.pop(1))
    import bench

    extend(bench)
    sys.exit(bench.main())
