"""How figures are shown beside their aims, and kept."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path

from .machine import machine_facts

RESULTS = Path(__file__).resolve().parent / "results"


def figure_line(what: str, value: float, unit: str, remark: str = "") -> str:
    """A figure without an aim."""
    return f"{what:44}{value:10.3f} {unit:9} {remark}".rstrip()


def aim_line(what: str, value: float, unit: str, *, at_least: float | None = None, at_most: float | None = None) -> str:
    """A figure, its aim, and whether it is met."""
    if at_least is not None:
        aim, met = f"at least {at_least:g}", value >= at_least
    else:
        aim, met = f"at most {at_most:g}", at_most is not None and value <= at_most
    return figure_line(what, value, unit, f"aim: {aim}, {'met' if met else 'MISSED'}")


def write_record(folder: Path, name: str, content: Mapping[str, object]) -> Path:
    """Keep figures, with the machine they were taken on, as JSON; returns the file."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}.json"
    record = {"measured": time.strftime("%Y-%m-%d %H:%M"), "machine": machine_facts(), **content}
    file.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    return file


def dated(name: str) -> str:
    """A record's name with the day before it."""
    return f"{time.strftime('%Y-%m-%d')}-{name}"
