"""What the page On a cluster says to type, works: here on the loopback address."""

import ast
import json
import os
import re
import shutil
import stat
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from textwrap import dedent

import pytest
from dask_programs import dask_programs
from made import write_pictures

from orangecontrib.imaging.core.cluster import slurm
from orangecontrib.imaging.core.cluster.slurm import read_slurm

SOURCE = Path(__file__).resolve().parent.parent
PAGE = (SOURCE / "doc/cluster.rst").read_text(encoding="utf-8")
SUM = """
import sys
from distributed import Client
print(Client(sys.argv[1], timeout=20).submit(sum, [1, 2]).result(20))
"""
SBATCH = SOURCE / "doc/examples/embed.sbatch"
needs_dask = pytest.mark.skipif(not (find_spec("distributed") and shutil.which("openssl")),
                                reason="needs Dask and openssl")
needs_bash = pytest.mark.skipif(not (find_spec("pyarrow") and shutil.which("bash")), reason="needs pyarrow and bash")


def shell_lines(word):
    """The block of the shell's language that holds `word`."""
    found = re.findall(r"^\.\. code-block:: sh\n\n((?: +.*\n|\n)+)", PAGE, re.MULTILINE)
    [block] = [dedent(text) for text in found if word in text]
    return block


@pytest.fixture
def installed(tmp_path):
    """A folder in which `bin/orange-imaging` is what is tested here."""
    program = tmp_path / "imaging/bin/orange-imaging"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -P -m orangecontrib.imaging "$@"\n')
    program.chmod(0o755)
    return program.parent.parent


def run_task(script, number, count, installed):
    """A task of a job array, as Slurm starts it."""
    here = installed.parent
    variables = {**os.environ, "SLURM_ARRAY_TASK_ID": str(number), "SLURM_ARRAY_TASK_COUNT": str(count),
                 "PICTURES": str(here / "my pictures"), "OUT": str(here / "my vectors"), "ENVIRONMENT": str(installed)}
    return subprocess.run(["bash", script], env=variables, capture_output=True, text=True, check=False)


def numbers_done(out):
    return [int(path.stem.partition("-")[2]) for path in sorted(out.glob("skipped-*.parquet"))]


@pytest.fixture
def tls(tmp_path):
    """The environment variables of who has made certificates as the page says."""
    home = tmp_path / "my home"
    home.mkdir()
    variables = {**os.environ, "HOME": str(home)}
    subprocess.run(["sh", "-eu", "-c", shell_lines("openssl")], env=variables, check=True, capture_output=True)
    [setting] = set(re.findall(r'^ *export DASK_CONFIG="\$HOME/(.*)"$', PAGE, re.MULTILINE))
    return {**variables, "DASK_CONFIG": str(home / setting)}


def asked(address, variables):
    command = [sys.executable, "-P", "-c", SUM, address]
    return subprocess.run(command, env=variables, capture_output=True, text=True, check=False)


@needs_dask
def test_with_the_page_s_certificates_only_those_who_have_them_are_let_in(tls, tmp_path):
    key = Path(tls["DASK_CONFIG"]).with_name("key.pem")
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    with dask_programs(tmp_path, variables=tls) as address:
        assert address.startswith("tls://127.0.0.1:")
        assert asked(address, tls).stdout == "3\n"
        stranger = asked(address, {**tls, "DASK_CONFIG": str(tmp_path / "none.yaml")})
    assert (stranger.returncode, stranger.stdout) == (1, "")


@pytest.mark.heavy
@needs_dask
@pytest.mark.parametrize("scheduler", ["", "local:1"])
def test_the_command_works_with_the_page_s_certificates(tls, tmp_path, scheduler):
    write_pictures(tmp_path / "p", 2)
    with dask_programs(tmp_path / "dask", variables=tls) as address:
        command = [sys.executable, "-P", "-m", "orangecontrib.imaging", "embed", tmp_path / "p", "-o",
                   f"{tmp_path}/out/", "--scheduler", scheduler or address]
        done = subprocess.run(command, env=tls, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert numbers_done(tmp_path / "out") == [0]


@needs_dask
def test_with_the_page_s_settings_nobody_calls_a_scheduler_without_encryption(tls, tmp_path):
    with dask_programs(tmp_path, workers=0) as address:
        assert address.startswith("tcp://127.0.0.1:")
        assert "encryption required" in asked(address, tls).stderr


@pytest.mark.heavy
@needs_bash
def test_the_tasks_of_the_job_array_share_the_shards_and_submitted_again_find_nothing_to_do(installed, tmp_path):
    write_pictures(tmp_path / "my pictures", 12)
    script = tmp_path / "embed.sbatch"
    script.write_text(SBATCH.read_text().replace("--shard-size 2000", "--shard-size 5"))
    done = []
    for number in (1, 2, 1):
        task = run_task(script, number, 2, installed)
        assert (task.returncode, task.stderr) == (0, "")
        done.append(numbers_done(tmp_path / "my vectors"))
    assert done == [[0, 2], [0, 1, 2], [0, 1, 2]]
    assert json.loads((tmp_path / "my vectors/manifest.json").read_text())["is_complete"]


@needs_bash
def test_a_task_of_the_job_array_that_cannot_work_fails_so_that_slurm_tells_it(installed):
    task = run_task(SBATCH, 1, 20, installed)
    assert task.returncode == 2
    assert "my pictures" in task.stderr


def test_the_job_array_s_directives_are_those_of_sbatch_and_it_has_as_many_tasks_as_it_says():
    given = dict(re.findall(r"^##?SBATCH --([a-z-]+)=(\S+)$", SBATCH.read_text(), re.MULTILINE))
    assert given.keys() == {"job-name", "array", "cpus-per-task", "mem", "time", "output", "gres"}
    assert given["array"] == "1-20"
    assert "twenty tasks" in SBATCH.read_text()


def test_the_description_of_slurm_s_jobs_is_understood_and_its_names_are_all_told(tmp_path):
    [text] = re.findall(r"^\.\. code-block:: toml\n\n((?: +.*\n|\n)+)", PAGE, re.MULTILINE)
    (tmp_path / "cluster.toml").write_text(dedent(text))
    told = read_slurm(str(tmp_path / "cluster.toml"))
    assert (told.jobs, told.arguments["memory"], told.arguments["walltime"]) == (10, "32GB", "04:00:00")
    assert [name for name in slurm._KINDS if f"``{name}``" not in PAGE and f"\n   {name} = " not in PAGE] == []


@pytest.mark.heavy
@needs_dask
def test_the_script_embeds_a_folder_by_workers_on_this_computer(tmp_path):
    write_pictures(tmp_path / "p", 3)
    done = subprocess.run([sys.executable, "-P", SOURCE / "doc/examples/on_dask.py", tmp_path / "p", tmp_path / "out"],
                          capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == "3 vectors"
    assert numbers_done(tmp_path / "out") == [0]


def said(tree):
    """All texts of a module, with … for what is put into them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(part.value if isinstance(part, ast.Constant) else "…" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_every_message_that_the_page_explains_stands_in_the_code():
    code = SOURCE / "orangecontrib/imaging"
    texts = "\n".join(text for path in (*code.glob("core/**/*.py"), *code.glob("commands/*.py"))
                      for text in said(ast.parse(path.read_text(encoding="utf-8"))))
    explained = PAGE.partition("\nWhat messages mean\n")[2]
    quoted = [one.rstrip("… ") for line in re.findall(r"^(``.*``)$", explained, re.MULTILINE)
              for one in re.findall("``(.*?)``", line)]
    assert len(quoted) >= 12
    assert [one for one in quoted if one not in texts] == []


def test_the_page_installs_what_is_there():
    for name in re.findall(r"requirements-\w+\.txt", PAGE):
        assert (SOURCE / name).is_file()
