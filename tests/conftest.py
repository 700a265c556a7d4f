"""Every test runs with the network closed and writes below one temporary folder.

The places of this package, of Orange and of torch are moved there before anything of them is imported. What a test
opens for writing elsewhere, or connects to, fails it at once; what its child processes leave in the home folder or
in the source tree is found at the end (option --no-traces, given by `make test`).
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest
from quiet_orange import QUIET_SETTINGS

SOURCE = Path(__file__).resolve().parent.parent
HOME = Path.home()
PLACE = Path(os.path.realpath(tempfile.mkdtemp(prefix="oi-")))


def _move_places():
    folders = {"HOME": "home", "TMPDIR": "tmp", "XDG_CACHE_HOME": "home/cache", "XDG_CONFIG_HOME": "home/config",
               "XDG_DATA_HOME": "home/data", "XDG_STATE_HOME": "home/state", "XDG_RUNTIME_DIR": "run",
               "ORANGE_IMAGING_CACHE": "home/cache/orange-imaging"}
    for name, folder in folders.items():
        (PLACE / folder).mkdir(mode=0o700, parents=True, exist_ok=True)
        os.environ[name] = str(PLACE / folder)
    settings = PLACE / "home/config/biolab.si/Orange.ini"
    settings.parent.mkdir()
    settings.write_text(QUIET_SETTINGS)
    tempfile.tempdir = None
    sys.dont_write_bytecode = True
    os.environ.update(PYTHONDONTWRITEBYTECODE="1", QT_QPA_PLATFORM="offscreen", QTWEBENGINE_DISABLE_SANDBOX="1",
                      QT_LOGGING_RULES="default.debug=false")  # Qt's count of widgets would follow pytest's last line


_move_places()

from guard import Guard, listing  # noqa: E402  (after the places were moved)

GUARD = Guard([PLACE, SOURCE / "build", "/dev", "/proc"])


def pytest_addoption(parser):
    parser.addoption("--no-traces", action="store_true",
                     help="fail when files appeared in the home folder or in the source tree")


def pytest_configure(config):
    config.stash[_BEFORE] = _traces() if config.getoption("no_traces") else None
    GUARD.close()


_BEFORE = pytest.StashKey()
_NEW = pytest.StashKey()


def _traces():
    """What lies where careless programs write: the source tree, and the home folder's usual places."""
    return listing(SOURCE, leave_out=(".git", ".venv", "build", "dist", "__pycache__")) | listing(
        HOME, only=(".cache/*range*", ".cache/torch", ".cache/matplotlib", ".config/*range*", ".config/biolab.si",
                    ".config/dask", ".config/matplotlib", ".local/share/*range*", ".local/share/torch", ".torch",
                    ".matplotlib"))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session):
    before = session.config.stash[_BEFORE]
    new = sorted(_traces() - before) if before is not None else []
    session.config.stash[_NEW] = new
    if new and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter, config):
    if new := config.stash.get(_NEW, None):
        terminalreporter.section("files left outside the temporary folder", red=True)
        for path in new:
            terminalreporter.write_line(path)


def pytest_unconfigure():
    GUARD.open()
    shutil.rmtree(PLACE, ignore_errors=True)


@pytest.fixture(autouse=True)
def own_store(monkeypatch, tmp_path_factory):
    """A store, thumbnails and samples of its own for each test."""
    monkeypatch.setenv("ORANGE_IMAGING_CACHE", str(tmp_path_factory.getbasetemp() / f"cache-{os.urandom(6).hex()}"))


@pytest.fixture(autouse=True)
def guard():
    """Fails a test that reached out, also where the code under test swallowed the error."""
    GUARD.refused.clear()
    yield GUARD
    if GUARD.refused:
        pytest.fail("; ".join(GUARD.refused))
