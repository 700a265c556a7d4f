"""What the commands share: their parser, and their exit codes."""

from __future__ import annotations

import argparse
import sys
from typing import NoReturn, TypeAlias

DONE, FAILED, WRONG_USE, STOPPED = 0, 1, 2, 130


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence, without a page of usage."""

    def error(self, message: str) -> NoReturn:
        """End with exit code 2."""
        sentence = message[:1].upper() + message[1:]
        print(f"orange-imaging: {sentence}. See: {self.prog} --help", file=sys.stderr)
        sys.exit(WRONG_USE)


Commands: TypeAlias = "argparse._SubParsersAction[Parser]"  # argparse has no public name for it
