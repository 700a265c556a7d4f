"""Packages, the folders they lie in, and the help pages; everything else is in pyproject.toml."""

import subprocess
import sys
from pathlib import Path

from setuptools import find_namespace_packages, setup
from setuptools.command.build_py import build_py

TUTORIALS = "orangecontrib.imaging.tutorials"


class CompleteBuild(build_py):
    """Put other languages and the help pages into the wheel; a checkout is English, with the pages of `make doc`."""

    def run(self) -> None:
        """Copy the modules, then put texts that look themselves up in their place, and build the pages beside them."""
        super().run()
        if not self.editable_mode:
            package = Path(self.build_lib, "orangecontrib", "imaging")
            _run("trubar", "--conf", "i18n/trubar-config.yaml", "translate", "-q", "-s", "orangecontrib/imaging",
                 "-d", str(package), "msgs.jaml")
            trees = f"{self.build_lib}.doctrees"  # Sphinx's own notes, which no reader needs
            _run("sphinx", "-q", "-b", "html", "-d", trees, "doc", str(package / "help"))


def _run(module: str, *arguments: str) -> None:
    subprocess.run([sys.executable, "-m", module, *arguments], check=True)


setup(
    packages=[*find_namespace_packages(include=["orangecontrib.imaging*"]), TUTORIALS],
    package_dir={TUTORIALS: "tutorials"},
    package_data={
        TUTORIALS: ["*.ows", "*.md"],
        "orangecontrib.imaging": ["py.typed"],
        "orangecontrib.imaging.widgets.icons": ["*.svg"],
    },
    cmdclass={"build_py": CompleteBuild},
)
