"""Several files that are the channels of one picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .refusal import Refused
from .stack import Stack


class Joined(Stack):
    """The channels of one picture, one a file, in the order given."""

    def __init__(self, stacks: Sequence[Stack]) -> None:
        """Look whether the files fit together.

        Raises:
            Refused: one has colours or several channels, or they differ in size, planes, times or numbers.
        """
        first = stacks[0].info
        for number, stack in enumerate(stacks, 1):
            if stack.info.channels != 1:
                raise Refused(f"file {number} of its channels holds {stack.info.channels} channels itself")
            if _form(stack) != _form(stacks[0]):
                raise Refused(f"file {number} of its channels differs from the first in size, planes, times, bits, "
                              "or in what is white")
        self._stacks = stacks
        self.orientation = stacks[0].orientation
        self.notes = tuple(dict.fromkeys(note for stack in stacks for note in stack.notes))
        self.info = replace(first, channels=len(stacks), bytes=sum(stack.info.bytes for stack in stacks),
                            channel_names=(), colours=())

    def channel(self, number: int, time: int, z: int) -> NDArray[Any]:
        """(height, width) of one file."""
        return self._stacks[number].channel(0, time, z)

    def has_plane(self, number: int, time: int, z: int) -> bool:
        """Of one file."""
        return self._stacks[number].has_plane(0, time, z)

    def alpha(self, time: int, z: int) -> NDArray[np.uint8] | None:
        """None: a channel that lets others through is no channel of an instrument."""
        return None


def _form(stack: Stack) -> tuple[object, ...]:
    info = stack.info
    return (info.width, info.height, info.planes, info.times, info.kind, info.bits, info.white_is_least,
            stack.orientation)
