"""The benchmark of more workers measures what it says."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("distributed")
from pictures import write_jpegs

SOURCE = Path(__file__).resolve().parent.parent
sys.path.append(str(SOURCE))
from benchmarks import cluster_runs, scaling  # noqa: E402

pytestmark = pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="only Linux holds processes to cores")
MEASURED = SOURCE / "doc" / "measured" / "scaling.txt"


@pytest.fixture
def pictures(tmp_path):
    (tmp_path / "pictures").mkdir()
    write_jpegs(tmp_path / "pictures", 12, 64, 48)
    return tmp_path / "pictures"


def test_more_pictures_are_further_names_of_the_same_files(tmp_path, monkeypatch):
    monkeypatch.setattr(scaling, "DIFFERENT", 2)
    folder = scaling.write_pictures(tmp_path / "many", 5)
    assert len(os.listdir(folder)) == 5
    assert len({file.stat().st_ino for file in folder.iterdir()}) == 2
    assert sorted(os.listdir(scaling.first(folder, 3, tmp_path))) == ["0000.jpg", "0001.jpg", "0002.jpg"]


@pytest.mark.heavy
@pytest.mark.parametrize("run", [cluster_runs.run_parts, cluster_runs.run_dask])
def test_runs_of_two_processes_embed_all_pictures(pictures, run):
    ran = run(pictures, 2, 4)
    assert 0 < ran.seconds < ran.wall_s < 120


@pytest.mark.heavy
def test_a_run_that_fails_is_no_measurement(tmp_path):
    with pytest.raises(RuntimeError, match="ended with 2"):
        cluster_runs.run_parts(tmp_path / "nowhere", 1, 4)


@pytest.mark.heavy
def test_tasks_without_work_tell_what_client_and_scheduler_take():
    terms = cluster_runs.task_terms(20, 1)
    assert 0.0001 < terms["task_s"] < 2
    assert 2e7 < terms["scheduler_bytes"] < 1e9


@pytest.mark.heavy
def test_terms_are_those_of_the_pictures(pictures):
    command = [sys.executable, "-m", "benchmarks.cluster_terms", "squeezenet", pictures, pictures, "12", "8", "4"]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, cwd=SOURCE)
    terms = json.loads(ran.stdout)
    assert terms["picture_bytes"] == pytest.approx(sum(file.stat().st_size for file in pictures.iterdir()) / 12)
    assert 0.0001 < terms["decode_s"] < terms["forward_s"] < 1  # pictures of 64 x 48 are read faster than embedded
    assert 500 < terms["vector_bytes"] < 512 * 4 + 3000
    assert terms["shard_s"] > 0
    assert 40 < terms["listing_bytes"] < 1000


def test_the_page_has_what_the_benchmark_prints():
    text = MEASURED.read_text(encoding="utf-8")
    for words in ("parts, no server: 4 workers", "Dask: 4 workers", "4,800 pictures", "10 million on 8 cards",
                  "100 million on 64 cards", "what breaks first", "other programs took"):
        assert words in text
