"""What the page On a cluster says to type, works: here on the loopback address."""

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

SOURCE = Path(__file__).resolve().parent.parent
PAGE = (SOURCE / "doc/cluster.rst").read_text(encoding="utf-8")
SUM = """
import sys
from distributed import Client
print(Client(sys.argv[1], timeout=20).submit(sum, [1, 2]).result(20))
"""
needs_dask = pytest.mark.skipif(not (find_spec("distributed") and shutil.which("openssl")),
                                reason="needs Dask and openssl")


def shell_lines(word):
    """The block of the shell's language that holds `word`."""
    found = re.findall(r"^\.\. code-block:: sh\n\n((?: +.*\n|\n)+)", PAGE, re.MULTILINE)
    [block] = [dedent(text) for text in found if word in text]
    return block


@pytest.fixture
def tls(tmp_path):
    """The environment variables of who has made certificates as the page says."""
    home = tmp_path / "my home"
    home.mkdir()
    variables = {**os.environ, "HOME": str(home)}
    subprocess.run(["sh", "-eu", "-c", shell_lines("openssl")], env=variables, check=True, capture_output=True)
    [setting] = re.findall(r'^ *export DASK_CONFIG="\$HOME/(.*)"$', PAGE, re.MULTILINE)
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


@needs_dask
def test_with_the_page_s_settings_nobody_calls_a_scheduler_without_encryption(tls, tmp_path):
    with dask_programs(tmp_path, workers=0) as address:
        assert address.startswith("tcp://127.0.0.1:")
        assert "encryption required" in asked(address, tls).stderr


def test_the_page_installs_what_is_there():
    for name in re.findall(r"requirements-\w+\.txt", PAGE):
        assert (SOURCE / name).is_file()
