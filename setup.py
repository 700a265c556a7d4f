"""Packages and the folders they lie in; everything else is in pyproject.toml."""

from setuptools import find_namespace_packages, setup

TUTORIALS = "orangecontrib.imaging.tutorials"

setup(
    packages=[*find_namespace_packages(include=["orangecontrib.imaging*"]), TUTORIALS],
    package_dir={TUTORIALS: "tutorials"},
    package_data={
        TUTORIALS: ["*.ows", "*.md"],
        "orangecontrib.imaging": ["py.typed"],
        "orangecontrib.imaging.widgets.icons": ["*.svg"],
    },
)
