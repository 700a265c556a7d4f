"""Packages, the folders they lie in, and the help pages; everything else is in pyproject.toml."""

import subprocess
import sys
from pathlib import Path

from setuptools import find_namespace_packages, setup
from setuptools.command.build_py import build_py

TUTORIALS = "orangecontrib.imaging.tutorials"


class BuildWithHelp(build_py):
    """Put the help pages into the wheel, for F1; a checkout has those that `make doc` builds."""

    def run(self) -> None:
        """Copy the modules, then build the pages beside them."""
        super().run()
        if not self.editable_mode:
            pages = Path(self.build_lib, "orangecontrib", "imaging", "help")
            trees = f"{self.build_lib}.doctrees"  # Sphinx's own notes, which no reader needs
            command = [sys.executable, "-m", "sphinx", "-q", "-b", "html", "-d", trees, "doc", str(pages)]
            subprocess.run(command, check=True)


setup(
    packages=[*find_namespace_packages(include=["orangecontrib.imaging*"]), TUTORIALS],
    package_dir={TUTORIALS: "tutorials"},
    package_data={
        TUTORIALS: ["*.ows", "*.md"],
        "orangecontrib.imaging": ["py.typed"],
        "orangecontrib.imaging.widgets.icons": ["*.svg"],
    },
    cmdclass={"build_py": BuildWithHelp},
)
