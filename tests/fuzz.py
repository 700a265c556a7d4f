"""Read seeded, damaged copies of pictures; print what became of them as JSON.

usage: fuzz.py COUNT SEED FILE …
"""

import itertools
import json
import os
import random
import resource
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from damage import damaged

from orangecontrib.imaging.core.errors import UnreadableImage
from orangecontrib.imaging.core.images import read_image

HEADER = 600  # bytes in which most that is not pixels lies


def variants(data, other, count, seed):
    """Copies that were cut, or had bytes changed, left out, or replaced by a piece of another file."""
    draw = random.Random(seed)
    yield from damaged(data, count // 2, seed)
    for number in range(count - count // 2):
        copy = bytearray(data)
        at = draw.randrange(min(len(copy), HEADER))
        if number % 2:
            for _ in range(draw.choice([1, 2, 4])):
                copy[draw.randrange(min(len(copy), HEADER))] = draw.choice([0, 1, 127, 128, 255, draw.randrange(256)])
        else:
            start = draw.randrange(len(other))
            copy[at:at + draw.randrange(1, 200)] = other[start:start + draw.randrange(1, 200)]
        yield bytes(copy)


def copies(count, seed, files):
    """Path, number and content of each copy; they are shared out among the files."""
    contents = [Path(path).read_bytes() for path in files]
    for number, (path, data) in enumerate(zip(files, contents, strict=True)):
        share = len(range(number, count, len(files)))
        for which, copy in enumerate(variants(data, contents[number - 1], share, seed + number)):
            yield path, which, copy


def read_from(start, log, *given):
    """Read the copies from the `start`-th on; a line of `log` for each: file, number, seconds, why it is refused."""
    for path, which, copy in itertools.islice(copies(*given), start, None):
        begin, reason = time.perf_counter(), None
        try:
            read_image(path, data=copy)
        except UnreadableImage as error:
            reason = error.reason
        print(json.dumps([path, which, time.perf_counter() - begin, reason]), file=log, flush=True)


def results_of(log):
    """What the children have written."""
    log.seek(0)
    return [json.loads(line) for line in log]


def read_all(log, *given):
    """Read all copies in a child, for a crash to cost one copy, and the rest in another."""
    while not (child := os.fork()) or (ended := os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])):
        done = len(results_of(log))
        if not child:
            read_from(done, log, *given)
            os._exit(0)
        path, which, _ = next(itertools.islice(copies(*given), done, None))
        print(json.dumps([path, which, 0, f"crash: {ended}"]), file=log, flush=True)


def main(*given):
    """Say what became of the copies."""
    with tempfile.TemporaryFile("a+") as log:
        read_all(log, *given)
        results = results_of(log)
    crashes = [result for result in results if (result[-1] or "").startswith("crash: ")]
    reasons = Counter(result[-1] for result in results if result[-1] is not None and result not in crashes)
    slowest = max((seconds, f"{path} {which}") for path, which, seconds, _ in results)
    print(json.dumps({"pictures": len(results) - reasons.total() - len(crashes), "refused": reasons.total(),
                      "reasons": reasons, "crashes": crashes, "slowest": slowest,
                      "peak_mb": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
