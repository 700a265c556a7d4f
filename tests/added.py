"""Distributions that add networks, as if installed: metadata in a folder on the path, nothing built or copied."""

import json
import sys
import tomllib
from pathlib import Path

from orangecontrib.imaging.core.plugins import GROUP

PLUGINS = Path(__file__).resolve().parent / "plugin"
NETWORK = json.loads((PLUGINS / "pollen/pollen_networks/cards.json").read_text())["networks"][0]


def install(monkeypatch, folder, source):
    """Put one of the distributions in ``plugin/`` on the path; `folder` gets its metadata."""
    project = tomllib.loads((PLUGINS / source / "pyproject.toml").read_text())["project"]
    write_metadata(folder, project["name"], project["entry-points"][GROUP])
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.syspath_prepend(str(PLUGINS / source))
    forget(monkeypatch, f"{source}_networks")


def install_made_up(monkeypatch, folder, content, value="made_up:cards.json", name="made-up"):
    """A distribution whose cards file holds `content`: bytes, or networks to list."""
    package = folder / "made_up"
    package.mkdir(parents=True, exist_ok=True)
    (package / "__init__.py").write_text("raise SystemExit('imported')")
    (package / "weights.json").write_text("{}")
    if content is not None:
        listed = content if isinstance(content, bytes) else json.dumps({"networks": content}).encode()
        (package / "cards.json").write_bytes(listed)
    write_metadata(folder, name, {"made": value})
    monkeypatch.syspath_prepend(str(folder))
    forget(monkeypatch, "made_up")


def write_metadata(folder, name, entries):
    """What pip leaves beside an installed package, as far as Python reads it."""
    place = folder / f"{name.replace('-', '_')}-1.0.dist-info"
    place.mkdir(parents=True, exist_ok=True)
    (place / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    lines = [f"[{GROUP}]", *(f"{key} = {value}" for key, value in entries.items())]
    (place / "entry_points.txt").write_text("\n".join(lines))


def forget(monkeypatch, package):
    """What is imported of a package during a test is gone after it."""
    for name in [name for name in sys.modules if name == package or name.startswith(f"{package}.")]:
        monkeypatch.delitem(sys.modules, name)


def loaded(*packages):
    """The modules of these packages that are imported."""
    return sorted(name for name in sys.modules if name.partition(".")[0] in packages)
