"""Clusters that we start: on the loopback address only, gone afterwards, and silent; and jobs of Slurm."""

import logging
import os
import signal
import stat
import subprocess
import sys
import time
import warnings
from pathlib import Path

import pytest
from child import is_running, wait_until

pytest.importorskip("distributed")
pytest.importorskip("psutil")

import cluster_calls
import psutil

from orangecontrib.imaging.core.cluster import opening
from orangecontrib.imaging.core.cluster.addresses import parse_scheduler
from orangecontrib.imaging.core.cluster.dispatch import dispatch
from orangecontrib.imaging.core.cluster.opening import open_cluster
from orangecontrib.imaging.core.cluster.quiet import SILENT, quiet_dask
from orangecontrib.imaging.core.cluster.reception import Invitation
from orangecontrib.imaging.core.errors import WorkerError, WrongUse
from orangecontrib.imaging.core.shards.job import Job

INVITATION = Invitation(Job("squeezenet", device="cpu"))


def listening(processes):
    return {one.laddr.ip for process in processes for one in process.net_connections("inet")
            if one.status == psutil.CONN_LISTEN}


def test_what_is_started_here_listens_on_the_loopback_address_only_and_is_gone_afterwards(tmp_path, capfd):
    notes = []
    with open_cluster(parse_scheduler("local:2"), on_note=notes.append) as opened:
        opened.client.wait_for_workers(2, timeout=60)
        mine = [psutil.Process(), *psutil.Process().children(recursive=True)]
        assert listening(mine) == {"127.0.0.1"}
        assert len(opened.client.nthreads()) == 2
        workers = set(opened.client.run(os.getpid).values())
    assert len(workers) == 2
    assert wait_until(lambda: not any(map(is_running, workers)), 20)
    assert opened.title == "2 workers on this computer"
    assert notes[0].startswith("2 workers on this computer. Dask's dashboard: http://127.0.0.1:")
    assert capfd.readouterr() == ("", "")


def test_folders_of_dask_are_removed(monkeypatch, tmp_path):
    monkeypatch.setattr(opening.tempfile, "tempdir", str(tmp_path))
    with open_cluster(parse_scheduler("local:1")) as opened:
        opened.client.wait_for_workers(1, timeout=60)
        assert list(tmp_path.glob("orange-imaging-dask-*/*"))
    assert not list(tmp_path.iterdir())


def test_workers_that_we_start_spend_no_time_on_watching_what_they_do():
    with open_cluster(parse_scheduler("local:1")) as opened:
        assert samples_of_a_second(opened.client) == 0


def samples_of_a_second(client):
    """How often Dask's profiler looked, which takes some of the time that pictures need."""
    client.wait_for_workers(1, timeout=60)
    client.submit(time.sleep, 1.5).result(60)
    return client.profile()["count"]


def test_the_cores_are_shared_by_the_workers(monkeypatch):
    monkeypatch.setattr(opening, "usable_cores", lambda: 7)
    with open_cluster(parse_scheduler("local:2")) as opened:
        assert opened.threads == 3
    with open_cluster(parse_scheduler("local")) as opened:
        assert (opened.title, opened.threads) == ("1 worker on this computer", 7)


def test_loggers_of_dask_are_silent_meanwhile_and_then_as_before():
    import distributed  # noqa: F401  (which sets levels)
    names = ("distributed", "distributed.client", "distributed.nanny", "tornado.application")
    before = [logging.getLogger(name).level for name in names]
    with open_cluster(parse_scheduler("local:1")):
        assert not any(logging.getLogger(name).isEnabledFor(logging.CRITICAL) for name in names)
    assert [logging.getLogger(name).level for name in names] == before


def test_those_who_work_with_dask_at_the_same_time_are_all_silent_until_the_last_one_ends():
    import distributed  # noqa: F401
    logger = logging.getLogger("distributed")
    before, filters = logger.level, [*warnings.filters]
    first, second = quiet_dask(), quiet_dask()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert logger.level == SILENT
    second.__exit__(None, None, None)
    assert logger.level == before < SILENT
    assert warnings.filters == filters


def test_without_dask_the_line_that_installs_it_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with (pytest.raises(WrongUse, match=r'pip install "Orange3-Imaging\[cluster\]"'),
          open_cluster(parse_scheduler("local:1"))):
        pass


def test_without_bokeh_it_is_said_that_there_is_no_dashboard(monkeypatch):
    monkeypatch.setattr(opening, "_has_bokeh", lambda: False)
    notes = []
    with open_cluster(parse_scheduler("local:1"), on_note=notes.append):
        pass
    assert notes == ["1 worker on this computer. Dask's dashboard is not there; it needs bokeh: pip install bokeh"]


INTERRUPTED = """
import sys, time
from orangecontrib.imaging.core.cluster.addresses import parse_scheduler
from orangecontrib.imaging.core.cluster.opening import open_cluster
import os
from orangecontrib.imaging.interrupt import until_interrupted
if __name__ == "__main__":
    with until_interrupted() as asked, open_cluster(parse_scheduler("local:2")) as opened:
        opened.client.wait_for_workers(2, timeout=60)
        print(*opened.client.run(os.getpid).values(), flush=True)
        while not asked():
            time.sleep(0.05)
        time.sleep(1.5)
        print(*opened.client.run(os.getpid).values(), flush=True)
"""


def start(tmp_path, **options):
    script = tmp_path / "started.py"
    script.write_text(INTERRUPTED)
    return subprocess.Popen([sys.executable, "-P", str(script)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            text=True, start_new_session=True,
                            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}, **options)


@pytest.mark.heavy
def test_ctrl_c_which_a_terminal_sends_to_all_processes_ends_no_worker_and_says_nothing(tmp_path):
    process = start(tmp_path)
    first = process.stdout.readline()
    os.killpg(process.pid, signal.SIGINT)
    rest, errors = process.communicate(timeout=60)
    assert (rest, errors, process.returncode) == (first, "", 0)


@pytest.mark.heavy
def test_when_we_are_killed_our_workers_end(tmp_path):
    process = start(tmp_path)
    workers = [int(text) for text in process.stdout.readline().split()]
    assert len(workers) == 2
    process.kill()
    process.communicate()
    assert wait_until(lambda: not any(map(is_running, workers)), 30)


SBATCH = """#!/bin/sh
# As Slurm's: takes a script, says the number of the job, runs it later.
echo "$@" >> {folder}/calls
cp "$1" {folder}/job-$$.sh
setsid sh -c 'sleep 0.5; exec sh {folder}/job-'$$'.sh' > {folder}/job-$$.log 2>&1 < /dev/null &
echo $! >> {folder}/pids
echo "Submitted batch job $!"
"""
SCANCEL = """#!/bin/sh
for one in "$@"; do kill -TERM -- -"$one" 2>/dev/null; echo "$one" >> {folder}/cancelled; done
exit 0
"""


@pytest.fixture
def slurm(tmp_path, monkeypatch):
    """Commands `sbatch` and `scancel` that run jobs on this computer."""
    for name, text in (("sbatch", SBATCH), ("scancel", SCANCEL)):
        file = tmp_path / "bin" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text.format(folder=tmp_path))
        file.chmod(file.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(Path(__file__).parents[2]), str(Path(__file__).parents[1])]))
    yield tmp_path
    for pid in (tmp_path / "pids").read_text().split() if (tmp_path / "pids").exists() else ():
        subprocess.run(["kill", "-KILL", "--", f"-{pid}"], check=False, stderr=subprocess.DEVNULL)


def described(folder, **more):
    lines = {"jobs": "2", "cores": "1", "memory": '"1GB"', "interface": '"lo"', "queue": '"short"',
             "local_directory": f'"{folder}"', "job_extra_directives": '["--gres=gpu:1"]', **more}
    (folder / "jobs.toml").write_text("".join(f"{name} = {value}\n" for name, value in lines.items()))
    return parse_scheduler(f"slurm:{folder / 'jobs.toml'}")


@pytest.mark.heavy
def test_jobs_of_slurm_become_workers_that_do_the_work_and_are_cancelled_at_the_end(slurm):
    pytest.importorskip("dask_jobqueue")
    notes = []
    with open_cluster(described(slurm, cores="4"), on_note=notes.append) as opened:
        done = list(dispatch(opened, cluster_calls.echo, INVITATION, enumerate("abcd"), on_note=notes.append))
        assert samples_of_a_second(opened.client) == 0
    assert sorted(one.value[0] for one in done) == [*"abcd"]
    script = next(slurm.glob("job-*.sh")).read_text()
    assert "#SBATCH -p short" in script
    assert "--nthreads 4" in script  # one worker, which loads one network
    assert "#SBATCH --gres=gpu:1" in script
    assert notes[0].startswith("2 jobs asked of Slurm.")
    assert "can reach: it runs what they send. Use it on a network that you trust." in notes[1]
    assert wait_until(lambda: len((slurm / "cancelled").read_text().split()) == 2, 20)


@pytest.mark.heavy
def test_a_queue_that_is_long_is_waited_for_aloud(slurm):
    pytest.importorskip("dask_jobqueue")
    text = (slurm / "bin/sbatch").read_text().replace("sleep 0.5", "sleep 5")
    (slurm / "bin/sbatch").write_text(text)
    notes = []
    with open_cluster(described(slurm, jobs="1")) as opened:
        assert opened.patience_s is None
        done = list(dispatch(opened, cluster_calls.echo, INVITATION, enumerate("a"), on_note=notes.append))
    assert done[0].value[0] == "a"
    [note] = notes
    assert note.startswith("Waiting for workers: 1 job asked of Slurm, where there is none now: the jobs wait in the ")
    assert note.endswith("press Ctrl+C, look at what they wrote, and type the same line again.")


def test_where_slurm_takes_no_job_it_is_said_at_once(slurm):
    pytest.importorskip("dask_jobqueue")
    (slurm / "bin/sbatch").write_text("#!/bin/sh\necho 'invalid partition specified: short' >&2\nexit 1\n")
    begun = time.monotonic()
    with (pytest.raises(WorkerError, match="jobs.toml: Slurm took no job .*invalid partition"),
          open_cluster(described(slurm))):
        pass
    assert time.monotonic() - begun < 30
