"""What is asked of the engine for a computed column."""

from __future__ import annotations

from dataclasses import dataclass

from ..core.options import Options
from ..core.reading import Reading


@dataclass(frozen=True)
class Request:
    """All that `core.embed.embed` needs besides the pictures.

    Attributes:
        model: names of networks joined by ``+``; the first may be the path of a file of the user's own.
        options: of the first network.
        reading: how files become pictures.
    """

    model: str
    options: Options = Options()
    reading: Reading = Reading()
