"""Read seeded, damaged copies of pictures; print what became of them as JSON. Run by itself, for a crash to be seen.

usage: fuzz.py COUNT SEED FILE …
"""

import json
import random
import sys
import time
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


def main(count, seed, files):
    """Share the copies out among the files."""
    pictures, reasons, slowest = 0, {}, (0.0, "")
    contents = [Path(path).read_bytes() for path in files]
    for number, (path, data) in enumerate(zip(files, contents, strict=True)):
        share = len(range(number, count, len(files)))
        for which, copy in enumerate(variants(data, contents[number - 1], share, seed + number)):
            start = time.perf_counter()
            try:
                read_image(path, data=copy)
                pictures += 1
            except UnreadableImage as error:
                reasons[error.reason] = reasons.get(error.reason, 0) + 1
            slowest = max(slowest, (time.perf_counter() - start, f"{path} {which}"))
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    print(json.dumps({"pictures": pictures, "refused": sum(reasons.values()), "reasons": reasons,
                      "slowest": slowest, "peak_mb": int(peak.split()[1]) >> 10}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
