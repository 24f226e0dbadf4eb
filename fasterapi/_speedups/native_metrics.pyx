"""The built-in native handler ``metrics``: figures of the process in Prometheus' text format.

Request path: native -> [here].
Reference implementation: none.
"""

from fasterapi._speedups.native cimport Exchange, wrap_handler

import gc
import os
import sys
import time

cdef bytes TEXT_FORMAT = b"text/plain; version=0.0.4; charset=utf-8"
cdef double STARTED_S = time.time()
cdef dict MODULES = sys.modules


cdef bytes answer_metrics(Exchange x):
    """Return what prometheus_client has collected if the program uses it, else our own."""
    client = MODULES.get("prometheus_client")
    if client is not None:
        x.set_media_type(client.CONTENT_TYPE_LATEST.encode())
        return client.generate_latest()
    x.set_media_type(TEXT_FORMAT)
    lines = []
    for name, kind, text, value in figures():
        lines.append(f"# HELP {name} {text}\n# TYPE {name} {kind}\n{name} {value!r}\n")
    return "".join(lines).encode()


cdef list figures():
    """Return (name, kind, help, value) of each metric, named as Prometheus' own clients do."""
    cdef list found = [
        ("process_start_time_seconds", "gauge", "Start of the process since the epoch.", STARTED_S),
        ("process_cpu_seconds_total", "counter", "User and system CPU time.", time.process_time()),
        ("python_gc_collections_total", "counter", "Runs of the garbage collector.",
         sum([generation["collections"] for generation in gc.get_stats()])),
    ]
    resident = resident_bytes()
    if resident:
        found.append(
            ("process_resident_memory_bytes", "gauge", "Resident memory size.", resident)
        )
    return found


cdef object resident_bytes():
    """Return the size of the process in memory; 0 where the system does not tell."""
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError, AttributeError):
        return 0


METRICS = wrap_handler("metrics", answer_metrics)
