"""What Debian and Ubuntu leave out: find it, install it as root, or print the line to type.

A library of Qt's is looked for by loading it, so other systems that have it need no package list.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import shutil
import subprocess
import sys

#: For windows that are drawn but never shown (QT_QPA_PLATFORM=offscreen).
OFFSCREEN = {
    "libGL.so.1": "libgl1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libfontconfig.so.1": "libfontconfig1",
}
#: For windows on a screen, for PyQt6, and for the report, which is a web page.
SCREEN = {
    "libEGL.so.1": "libegl1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xinerama.so.0": "libxcb-xinerama0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libnss3.so": "libnss3",
    "libasound.so.2": "libasound2",
    "libXcomposite.so.1": "libxcomposite1",
    "libXdamage.so.1": "libxdamage1",
    "libXrandr.so.2": "libxrandr2",
    "libXtst.so.6": "libxtst6",
}
#: Programs that the tests of the real canvas use.
DRIVERS = {"Xvfb": "xvfb", "xauth": "xauth", "xdotool": "xdotool", "import": "imagemagick"}


def missing_packages(libraries: dict[str, str], programs: dict[str, str]) -> list[str]:
    """Name the Debian packages of the libraries that cannot be loaded and of the programs not found."""
    if sys.platform != "linux":
        return []
    return [package for library, package in libraries.items() if not _loads(library)] + [
        package for program, package in programs.items() if shutil.which(program) is None]


def missing_venv() -> list[str]:
    """Name Debian's package of what its Python lacks to make virtual environments."""
    lacks = importlib.util.find_spec("ensurepip") is None
    return ["python{}.{}-venv".format(*sys.version_info)] if lacks else []


def provide(packages: list[str]) -> bool:
    """Install packages as root on Debian or Ubuntu; elsewhere print what to type.

    Returns:
        Whether all are there now.
    """
    if not packages:
        return True
    if shutil.which("apt-get") is None:
        print(f"Some system packages are missing. Install them; on Debian they are called: {' '.join(packages)}")
        return False
    if os.geteuid() != 0:
        print("Some system packages are missing. Install them with this line, then try again:\n"
              f"    sudo apt-get install {' '.join(packages)}")
        return False
    print(f"Installing system packages: {' '.join(packages)}", flush=True)
    return _install(packages)


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _install(packages: list[str]) -> bool:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-qq"], env=environment, check=False)
    command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *map(_current_name, packages)]
    return subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False).returncode == 0


def _current_name(package: str) -> str:
    """Give the package's name since the change to 64-bit time (Ubuntu 24.04, Debian 13), where it has one."""
    newer = f"{package}t64"
    known = subprocess.run(["apt-cache", "show", newer], capture_output=True, check=False).returncode == 0
    return newer if known else package
