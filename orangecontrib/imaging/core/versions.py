"""Names of installed distributions with their versions, as recorded with what they computed."""

from __future__ import annotations

import platform
from contextlib import suppress

_RECORDED = ("Orange3-Imaging", "torch", "torchvision", "numpy", "pillow", "tifffile", "imagecodecs", "pyarrow")


def with_version(distribution: str) -> str:
    """Such as ``"nd2 0.12.0"``; the name alone where it is not installed."""
    from importlib.metadata import PackageNotFoundError, version  # slow to import, and needed by few
    try:
        return f"{distribution} {version(distribution)}"
    except PackageNotFoundError:
        return distribution


def versions_here() -> dict[str, str]:
    """The versions of what vectors depend on, by name in small letters; of what is installed."""
    from importlib.metadata import PackageNotFoundError, version
    found = {"python": platform.python_version()}
    for name in _RECORDED:
        with suppress(PackageNotFoundError):
            found[name.lower()] = version(name)
    return found
