"""Fifty thousand shards stay cheap to know of, and Arrow starts no threads that torch could stumble over at exit."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("pyarrow")

import made_shards

from orangecontrib.imaging.core.shards.files import read_record
from orangecontrib.imaging.core.shards.manifest import begin, finish, read_manifest
from orangecontrib.imaging.core.shards.running import _Progress

THREADS = """
import os, sys
from pathlib import Path
import numpy, pyarrow, pyarrow.parquet
pyarrow.set_cpu_count(8)
before = len(os.listdir("/proc/self/task"))
import made_shards
from orangecontrib.imaging.commands.shard_report import tell_skipped
from orangecontrib.imaging.core.shards.checking import open_shards
from orangecontrib.imaging.core.shards.files import missing_shards
from orangecontrib.imaging.core.shards.lists import read_list
from orangecontrib.imaging.core.shards.manifest import begin, finish
from orangecontrib.imaging.core.shards.merging import merge_shards
from orangecontrib.imaging.core.shards.reading import open_vectors
from orangecontrib.imaging.core.shards.skips import read_skipped

out = Path(sys.argv[1])
names = [f"{row}.png" for row in range(3000)]
pyarrow.parquet.write_table(pyarrow.table({"path": names, **{f"column {number}": names for number in range(8)}}),
                            "list.parquet", row_group_size=500)
Path("list.csv").write_text("path,dose\\n" + "".join(f"{name},1\\n" for name in names))
read_list("list.csv").digest
pictures = read_list("list.parquet").piece(0, 3000)
pictures = made_shards.listing(3000)
told = made_shards.manifest(pictures, 1000)
begin(out, told)
records = made_shards.write(out, told, pictures, skipped=[1, 2])
missing_shards(out, told)
finish(out)
tell_skipped(out, records)
read_skipped(out)
list(open_shards(out).skipped())
for ending in (".parquet", ".npz"):
    merge_shards(out, Path(f"all{ending}"))
    open_vectors(f"all{ending}").take(numpy.arange(100, 2000, 7))
print(len(os.listdir("/proc/self/task")) - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="threads are counted in /proc")
def test_arrow_starts_no_threads_of_its_own(tmp_path):
    paths = os.pathsep.join([str(Path(made_shards.__file__).parent), *sys.path])
    ended = subprocess.run([sys.executable, "-c", THREADS, tmp_path / "out"], env={**os.environ, "PYTHONPATH": paths},
                           cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (0, "0\n"), ended.stderr


def test_what_all_records_have_in_common_is_held_once(tmp_path):
    pictures = made_shards.listing(17)
    told, _ = begin(tmp_path, made_shards.manifest(pictures))
    made_shards.write(tmp_path, told, pictures)
    for records in ([read_record(tmp_path, number) for number in range(3)], [*finish(tmp_path).done.values()],
                    [*read_manifest(tmp_path).done.values()]):
        for text in ("identity", "digest", "host"):
            assert len({id(getattr(record, text)) for record in records}) == 1, text


def test_the_progress_of_many_shards_is_added_up_once():
    told = made_shards.manifest(made_shards.listing(17))
    asked = []

    class Counted(list):
        def __iter__(self):
            asked.append(1)
            return super().__iter__()

    seen = []
    progress = _Progress(told.heading, Counted(range(3)), lambda *two: seen.append(two))
    for number in range(3):
        progress.add(told.heading.pictures_of(number))
    assert (seen, len(asked)) == ([(7, 17), (14, 17), (17, 17)], 1)
