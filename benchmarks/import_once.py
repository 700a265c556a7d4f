"""Time the import of one folder of pictures; run by the Python that this or the older add-on is installed in.

usage: python benchmarks/import_once.py FOLDER      prints one line of JSON: seconds, megabytes, columns
"""

from __future__ import annotations

import json
import resource
import sys
from importlib.util import find_spec
from time import perf_counter


def main(folder: str) -> None:
    """Load what is needed, import once, and tell."""
    import_folder = _ours() if find_spec("orangecontrib.imaging") else _older()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = perf_counter()
    table = import_folder(folder)
    seconds = perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"seconds": seconds, "megabytes": (after - before) / 1024, "columns": len(table.domain.metas)}))


def _ours():
    from orangecontrib.imaging.core.folders import scan_folder
    from orangecontrib.imaging.tables.imports import images_table
    return lambda folder: images_table(scan_folder(folder))


def _older():
    from orangecontrib.imageanalytics.import_images import ImportImages
    return lambda folder: ImportImages()(folder)[0]


if __name__ == "__main__":
    main(sys.argv[1])
