"""Build the environments that the Makefile uses: ``.venv``, and those below ``build/envs``.

usage: environment.py demo [--screen] | main | more | bench

Each is built once and again when what it is made from has changed; else this takes a second. Standard library only.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from shared_torch import share_torch
from system_libraries import DRIVERS, OFFSCREEN, SCREEN, missing_packages, missing_venv, provide

SOURCE = Path(__file__).resolve().parent.parent
MAIN = SOURCE / ".venv"
MORE = SOURCE / "build" / "envs"
RECIPES = ("pyproject.toml", "setup.py", "constraints.txt", "requirements-cluster.txt", "requirements-engine.txt",
           "scripts/environment.py")
CONSTRAINTS = SOURCE / "constraints.txt"
STAMP = "imaging.stamp"
EXTRAS = "pyqt5,parquet,onnx,microscopy,slides,dicom,heif,cluster,http"
OLDER_ADD_ON = "Orange3-ImageAnalytics==0.13.0"


@dataclass(frozen=True)
class Environment:
    """A virtual environment and the arguments of each ``pip install`` that fills it, in order.

    Where `torch` is set, it borrows that of ``.venv``; where `installs_ours` is set, it is filled anew whenever our own
    code has changed; where `oldest` is set, it holds the oldest versions that pyproject.toml allows. A `fuller` one of
    the same folder serves as well.
    """

    name: str
    folder: Path
    steps: tuple[tuple[str, ...], ...]
    torch: bool = True
    installs_ours: bool = True
    oldest: bool = False
    size: str = "1.5 GB of disk"
    fuller: Environment | None = None

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / "bin" / "python"


MAIN_ENVIRONMENT = Environment(
    "main", MAIN, (("-e", f".[{EXTRAS},test,lint,doc]"),), torch=False, installs_ours=False,
    size="7.5 GB of disk")
DEMO = Environment(
    "demo", MAIN, (("-e", ".[pyqt5,doc]"),), torch=False, installs_ours=False, size="7.0 GB of disk",
    fuller=MAIN_ENVIRONMENT)
OLDER = Environment(
    "older", MORE / "older", ((OLDER_ADD_ON, "PyQt5", "PyQtWebEngine"),), torch=False, installs_ours=False)
# Our code is run there from the source tree: it needs what the engine needs, and other engines to compare with.
YARDSTICK = Environment(
    "yardstick", MORE / "yardstick", (
        ("-r", "requirements-engine.txt", "openvino", "simplejpeg", "onnxruntime", "onnx", "psutil"),),
    installs_ours=False, size="0.6 GB of disk")
MORE_ENVIRONMENTS = (
    Environment("engine", MORE / "engine", (
        ("-r", "requirements-cluster.txt", "aiohttp", "pytest", "pytest-randomly"), ("--no-deps", "."))),
    Environment("pyqt6", MORE / "pyqt6", ((".[pyqt6,umap,test]",),)),
    Environment("oldest", MORE / "oldest", (("-e", f".[{EXTRAS},test]"),), torch=False, installs_ours=False,
                oldest=True, size="up to 7 GB of disk"),
    Environment("beside-wheel", MORE / "beside-wheel", ((OLDER_ADD_ON, ".[pyqt5,test]"),)),
    Environment("beside-editable", MORE / "beside-editable", ((OLDER_ADD_ON, "-e", ".[pyqt5,test]"),)),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Build what was asked for; 0 when it is there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("which", choices=("demo", "main", "more", "bench"))
    parser.add_argument("--screen", action="store_true", help="windows will be shown")
    given = parser.parse_args(arguments)
    if given.which == "bench":
        return 0 if all(map(_build, (OLDER, YARDSTICK))) else 1
    drivers = DRIVERS if given.which == "more" else {}
    wanted = {**OFFSCREEN, **SCREEN} if given.screen or drivers else OFFSCREEN
    if not provide([*missing_venv(), *missing_packages(wanted, drivers)]):
        return 1
    environments = {"demo": (DEMO,), "main": (MAIN_ENVIRONMENT,), "more": (MAIN_ENVIRONMENT, *MORE_ENVIRONMENTS)}
    return 0 if all(map(_build, environments[given.which])) else 1


def _build(environment: Environment) -> bool:
    """Make and fill an environment unless it is there as it should be."""
    if _is_built(environment):
        return True
    recipe = _recipe(environment)  # now: what changes meanwhile is not in it
    shown = environment.folder.relative_to(SOURCE)
    if _works(environment):
        print(f"Bringing {shown} up to date", flush=True)
    else:
        print(f"Making {shown} with Python {platform.python_version()}; this takes minutes and {environment.size}",
              flush=True)
        if not _make(environment):
            return False
    if environment.torch:
        share_torch(MAIN, environment.folder)
    shutil.rmtree(SOURCE / "build" / "lib", ignore_errors=True)  # setuptools would pack what lies there from before
    if not all(_pip(environment, step) for step in environment.steps):
        print(f"{shown} could not be filled; pip says why above. Once that is mended, run the same command again.")
        return False
    (environment.folder / STAMP).write_text(recipe)
    return True


def _is_built(environment: Environment) -> bool:
    stamp = environment.folder / STAMP
    recipes = [_recipe(one) for one in (environment, environment.fuller) if one]
    return stamp.is_file() and stamp.read_text() in recipes and _works(environment)


def _recipe(environment: Environment) -> str:
    """Tell all that an environment is made from, as text."""
    files = [SOURCE / name for name in RECIPES]
    if environment.installs_ours:
        folders = ("orangecontrib", "tutorials", "doc", "i18n")
        ours = (path for folder in folders for path in (SOURCE / folder).rglob("*"))
        files += sorted(path for path in ours if path.is_file() and "__pycache__" not in path.parts)
    digest = hashlib.sha256()
    for path in files:
        digest.update(f"{path.relative_to(SOURCE)}\0".encode() + path.read_bytes())
    return f"{environment.name} {platform.python_version()} {environment.folder} {digest.hexdigest()}\n"


def _works(environment: Environment) -> bool:
    """Whether the environment's interpreter runs, in the version of this one."""
    if not environment.python.exists():
        return False
    asked = "import sys, pip; print('%d.%d.%d' % sys.version_info[:3])"
    answer = subprocess.run([environment.python, "-c", asked], capture_output=True, text=True, check=False)
    return answer.stdout.strip() == platform.python_version()


def _make(environment: Environment) -> bool:
    shutil.rmtree(environment.folder, ignore_errors=True)
    command = [sys.executable, "-m", "venv", str(environment.folder)]
    return subprocess.run(command, check=False).returncode == 0


def _pip(environment: Environment, step: tuple[str, ...]) -> bool:
    # torch and torchvision must be of one build: both come from one place in one command.
    command = [str(environment.python), "-m", "pip", "install", "--disable-pip-version-check",
               *_constraints(environment), *step]
    if not sys.stdout.isatty():
        command.insert(4, "--quiet")
    # Debian's older pip warns of three packages that it would otherwise build in an outdated way.
    variables = {**os.environ, "PIP_USER": "0", "PYTHONPATH": "", "PIP_USE_PEP517": "1"}
    return subprocess.run(command, cwd=SOURCE, env=variables, check=False).returncode == 0


def _constraints(environment: Environment) -> tuple[str, ...]:
    """Hold to the versions that CI saw pass, where they were seen."""
    if environment.oldest:
        return ("-c", str(_write_oldest()))
    if sys.platform == "linux" and platform.machine() == "x86_64":
        return ("-c", str(CONSTRAINTS))
    print(f"On {sys.platform} {platform.machine()} no versions are pinned: pip chooses.")
    return ()


def _write_oldest() -> Path:
    """Turn every lower bound of pyproject.toml into the one version allowed.

    For torch and torchvision ``===`` leaves out builds such as 2.13.0+cpu, which do not fit each other. A package's own
    extras are left out, for pip takes none in such a file.
    """
    project = tomllib.loads((SOURCE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    bounds = chain(project["dependencies"], *project["optional-dependencies"].values())
    file = MORE / "oldest.txt"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(f"{_oldest(bound)}\n" for bound in bounds))
    return file


def _oldest(bound: str) -> str:
    without_extras = re.sub(r"\[.*\]", "", bound)
    return without_extras.replace(">=", "===" if bound.startswith("torch") else "==")


if __name__ == "__main__":
    sys.exit(main())
