"""Compare random programs with FastAPI: ``python -m tests.conformance.fuzz --programs N``."""

import argparse
import logging
import multiprocessing
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from random import Random

from tests.conformance.fuzzing.compare import Difference, compare
from tests.conformance.fuzzing.compare_sessions import compare_sessions
from tests.conformance.fuzzing.over_http import compare_over_http
from tests.conformance.fuzzing.program import write_program
from tests.conformance.fuzzing.sessions_over_http import compare_sessions_over_http

Found = list[tuple[str, str]]
"""What is different, and as text."""

_DOORS = {
    "asgi": (compare, compare_sessions),
    "http": (compare_over_http, compare_sessions_over_http),
    "websocket": (compare_sessions, compare_sessions_over_http),
    "both": (compare, compare_over_http, compare_sessions, compare_sessions_over_http),
}
_AT_ONCE = 20


def main(arguments: list[str] | None = None) -> int:
    """Print what differs and return the number of programs that do, at most 1."""
    options = _parse(arguments)
    seeds = list(range(options.seed, options.seed + options.programs))
    if options.order:
        Random(options.order).shuffle(seeds)
    subjects: Counter[str] = Counter()
    different = shown = 0
    for seed, found in _observe(seeds, options.doors, options.processes):
        different += bool(found)
        if found and options.show and shown < options.most:
            print(write_program(seed).source)
        for number, (subject, text) in enumerate(found):
            if shown < options.most and number < options.each:
                print(text, end="\n\n", flush=True)
                shown += 1
            subjects[subject] += 1
    print(f"{options.programs} programs, {different} different", dict(subjects))
    return min(different, 1)


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--programs", type=int, default=2000, help="how many")
    parser.add_argument("--seed", type=int, default=0, help="of the first one")
    parser.add_argument("--doors", choices=_DOORS, default="both", help="http: as bytes")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--order", type=int, default=0, help="another number, another order")
    parser.add_argument("--show", action="store_true", help="print the programs as well")
    parser.add_argument("--most", type=int, default=20, help="differences to print")
    parser.add_argument("--each", type=int, default=2, help="differences to print of one program")
    return parser.parse_args(arguments)


def _observe(seeds: list[int], doors: str, processes: int) -> Iterator[tuple[int, Found]]:
    """Yield what is different of each seed's program, none if nothing is."""
    if processes == 1:
        yield from ((seed, _differences(seed, doors)) for seed in seeds)
        return
    pieces = [seeds[first : first + _AT_ONCE] for first in range(0, len(seeds), _AT_ONCE)]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context) as pool:
        for several in pool.map(_of_several, pieces, [doors] * len(pieces)):
            yield from several


def _of_several(seeds: list[int], doors: str) -> list[tuple[int, Found]]:
    logging.disable(logging.CRITICAL)  # what servers say about odd requests
    return [(seed, _differences(seed, doors)) for seed in seeds]


def _differences(seed: int, doors: str) -> Found:
    found: list[Difference] = []
    for look in _DOORS[doors]:
        found.extend(look(seed))
    return [(f"{item.door} {item.subject}", str(item)) for item in found]


if __name__ == "__main__":
    sys.exit(main())
