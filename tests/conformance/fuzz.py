"""Compare random programs with FastAPI: ``python -m tests.conformance.fuzz --programs N``."""

import argparse
import sys
from collections import Counter

from tests.conformance.fuzzing.compare import compare
from tests.conformance.fuzzing.over_http import compare_over_http
from tests.conformance.fuzzing.program import write_program


def main(arguments: list[str] | None = None) -> int:
    """Print what differs and return the number of programs that do, at most 1."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--programs", type=int, default=300, help="how many")
    parser.add_argument("--seed", type=int, default=0, help="of the first one")
    parser.add_argument("--show", action="store_true", help="print the programs as well")
    parser.add_argument("--most", type=int, default=20, help="differences to print")
    parser.add_argument("--each", type=int, default=2, help="differences to print of one program")
    parser.add_argument("--http", action="store_true", help="as bytes, by both protocol classes")
    options = parser.parse_args(arguments)
    subjects: Counter[str] = Counter()
    different = 0
    for seed in range(options.seed, options.seed + options.programs):
        found = compare_over_http(seed) if options.http else compare(seed)
        different += bool(found)
        if found and options.show and sum(subjects.values()) < options.most:
            print(write_program(seed).source)
        for number, item in enumerate(found):
            if sum(subjects.values()) < options.most and number < options.each:
                print(item, end="\n\n")
            subjects[f"{item.door} {item.subject}"] += 1
    print(f"{options.programs} programs, {different} different", dict(subjects))
    return min(different, 1)


if __name__ == "__main__":
    sys.exit(main())
