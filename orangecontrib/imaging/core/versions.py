"""Names of installed distributions with their versions, as recorded with what they computed."""

from __future__ import annotations


def with_version(distribution: str) -> str:
    """Such as ``"nd2 0.12.0"``; the name alone where it is not installed."""
    from importlib.metadata import PackageNotFoundError, version  # slow to import, and needed by few
    try:
        return f"{distribution} {version(distribution)}"
    except PackageNotFoundError:
        return distribution
