"""How much memory is free, as the system tells it."""

import sys

import pytest

from orangecontrib.imaging.core import free_memory as module
from orangecontrib.imaging.core.free_memory import free_memory


@pytest.fixture
def system(tmp_path, monkeypatch):
    """A system whose files lie here; return a function that limits a group."""
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(module, "_SYSTEM", tmp_path / "meminfo")
    monkeypatch.setattr(module, "_OWN_GROUP", tmp_path / "cgroup")
    monkeypatch.setattr(module, "_GROUPS", tmp_path / "groups")
    (tmp_path / "meminfo").write_text("MemTotal: 16000 kB\nMemAvailable:    8000 kB\n")
    (tmp_path / "cgroup").write_text("0::/slurm/job 7\n")

    def limit(name, limit, used, of_files=0):
        folder = tmp_path / "groups" / name
        folder.mkdir(parents=True, exist_ok=True)
        for file, text in (("max", limit), ("current", used), ("stat", f"anon 5\ninactive_file {of_files}\n")):
            (folder / f"memory.{file}").write_text(str(text))
    return limit


def test_what_the_system_calls_available_is_free(system):
    assert free_memory() == 8000 * 1024


def test_a_job_may_have_less_and_its_file_pages_count_as_free(system):
    system("slurm/job 7", 1_000_000, 900_000, 50_000)
    assert free_memory() == 150_000


def test_the_tightest_of_the_groups_around_counts_and_never_less_than_nothing(system):
    system("slurm/job 7", "max", 900_000)
    system("slurm", 500_000, 600_000)
    assert free_memory() == 0


def test_where_the_system_does_not_tell_nothing_is_guessed(system, tmp_path):
    (tmp_path / "meminfo").unlink()
    assert free_memory() is None


@pytest.mark.skipif(sys.platform != "linux", reason="other systems tell it otherwise")
def test_here_some_memory_is_free():
    assert 1 << 20 < free_memory() < 1 << 50
