"""Which cluster is meant, and what is told where none is."""

import pytest

from orangecontrib.imaging.core.cluster.addresses import parse_scheduler
from orangecontrib.imaging.core.cluster.slurm import read_slurm
from orangecontrib.imaging.core.errors import WrongUse

JOBS = 'jobs = 3\ncores = 8\nmemory = "32GB"\n'


@pytest.mark.parametrize(("text", "kind", "address", "workers", "file"), [
    ("tcp://node17:8786", "address", "tcp://node17:8786", None, ""),
    (" tls://10.0.0.5:443/ ", "address", "tls://10.0.0.5:443", None, ""),
    ("tcp://[fe80::1%eth0]:8786", "address", "tcp://[fe80::1%eth0]:8786", None, ""),
    ("local", "local", "", None, ""),
    ("local:4", "local", "", 4, ""),
    ("slurm:my jobs.toml", "slurm", "", None, "my jobs.toml"),
    (r"slurm:C:\jobs.toml", "slurm", "", None, r"C:\jobs.toml")])
def test_each_way_of_naming_a_cluster_is_understood(text, kind, address, workers, file):
    choice = parse_scheduler(text)
    assert (choice.kind, choice.address, choice.workers, choice.file) == (kind, address, workers, file)


@pytest.mark.parametrize(("text", "told"), [
    ("node17:8786", "Is tcp://node17:8786 meant?"),
    ("", "'' names no Dask cluster"),
    ("dask", "Write tcp://HOST:PORT"),
    ("local:", "a whole number from 1 to 1,024"),
    ("local:0", "a whole number from 1 to 1,024"),
    ("local:two", "a whole number from 1 to 1,024"),
    ("tcp://node17", "it needs a computer and a port"),
    ("tcp://node17:0", "it needs a computer and a port"),
    ("tcp://node17:70000", "it needs a computer and a port"),
    ("tcp://user@node17:8786", "it needs a computer and a port"),
    ("ftp://node17:8786", "names no Dask cluster"),
    ("slurm:", "needs a file")])
def test_what_names_no_cluster_is_refused_with_what_to_write(text, told):
    with pytest.raises(WrongUse) as error:
        parse_scheduler(text)
    assert told in str(error.value)


def test_a_description_of_slurm_jobs_gives_jobs_and_arguments(tmp_path):
    file = tmp_path / "jobs.toml"
    file.write_text(JOBS + 'queue = "gpu"\njob_extra_directives = ["--gres=gpu:1"]\n')
    asked = read_slurm(str(file))
    assert asked.jobs == 3
    assert asked.arguments == {"cores": 8, "memory": "32GB", "queue": "gpu", "job_extra_directives": ["--gres=gpu:1"]}


@pytest.mark.parametrize(("text", "told"), [
    (JOBS + 'qeue = "gpu"', "'qeue' is not known here. Is queue meant?"),
    (JOBS + 'job_cls = "os.system"', "'job_cls' is not known here"),
    (JOBS + "queue = 3", "queue cannot be 3"),
    (JOBS + 'queue = "gpu\\nrm -r x"', "queue cannot be"),
    (JOBS + 'job_script_prologue = "module load cuda"', "job_script_prologue cannot be"),
    ("jobs = true", "jobs cannot be True"),
    ("jobs = 0", "jobs cannot be 0"),
    ("jobs = 3\ncores = 8", "memory is not told. memory is what a job has"),
    ("queue: gpu", "this is no TOML file")])
def test_a_wrong_description_of_slurm_jobs_is_refused_with_what_to_write(tmp_path, text, told):
    file = tmp_path / "jobs.toml"
    file.write_text(text)
    with pytest.raises(WrongUse) as error:
        read_slurm(str(file))
    assert told in str(error.value)
    assert str(error.value).startswith(str(file))


def test_a_description_that_is_not_there_is_named(tmp_path):
    with pytest.raises(WrongUse, match="jobs.toml: the description of the Slurm jobs cannot be read"):
        read_slurm(str(tmp_path / "jobs.toml"))
