"""Let one environment use another one's torch, which fills gigabytes, and nothing else of it.

Links to torch's own packages lie in one folder, which a ``.pth`` file adds to the second environment's path. Linux and
macOS only.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

_TORCH = re.compile(r"(torch|torchvision|triton|nvidia[-_].*|cuda[-_].*)$", re.IGNORECASE)
_LINKS = "torch-links"


def share_torch(owner: Path, borrower: Path) -> None:
    """Make the torch of one environment importable, and visible to pip, in another one."""
    packages = _site_packages(owner)
    links = borrower / _LINKS
    links.mkdir(exist_ok=True)
    for entry in _entries(packages):
        link = links / entry
        if not link.is_symlink():
            link.symlink_to(packages / entry)
    _site_packages(borrower).joinpath("torch-links.pth").write_text(f"{links}\n")


def _site_packages(environment: Path) -> Path:
    asked = "import sysconfig; print(sysconfig.get_path('purelib'))"
    answer = subprocess.run([environment / "bin" / "python", "-c", asked], capture_output=True, text=True, check=True)
    return Path(answer.stdout.strip())


def _entries(packages: Path) -> set[str]:
    """Name what lies in site-packages for torch: its packages and their metadata."""
    entries = set()
    for metadata in packages.glob("*.dist-info"):
        if _TORCH.match(metadata.name.partition("-")[0]):
            entries.add(metadata.name)
            entries |= {line.partition("/")[0] for line in (metadata / "RECORD").read_text().splitlines()
                        if "/" in line and not line.startswith(("..", "/"))}
    return entries
