"""What a user agreed to: kept on this computer, under a random name that travels with a workflow.

A workflow that somebody else made cannot bring an agreement along: its name is not known here.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection
from pathlib import Path
from threading import Lock

import platformdirs

from .errors import OutputError
from .paths import escape_path
from .placing import placed, writing
from .refusal import explain

_KEPT = 1000  # workflows
_LOCK = Lock()  # two widgets may ask at once; of two programs that do, one asks its user again


def agree(workflow: str, hosts: Collection[str]) -> frozenset[str]:
    """Keep that a workflow may fetch pictures from these hosts, or call these schedulers of clusters, too.

    The workflows that were agreed to longest ago are forgotten, beyond 1,000.

    Args:
        workflow: its name, such as ``uuid4().hex``.
        hosts: as `addresses.host_of` gives them; or schedulers, such as ``tcp://10.0.0.5:8786``.

    Returns:
        All hosts and schedulers of this workflow.

    Raises:
        OutputError: the answer cannot be kept.
    """
    with _LOCK:
        kept = _kept()
        agreed = frozenset(kept.pop(workflow, [])) | frozenset(hosts)
        kept[workflow] = sorted(agreed)
        _keep(dict(list(kept.items())[-_KEPT:]))
    return agreed


def agreed_hosts(workflow: str) -> frozenset[str]:
    """The hosts and schedulers that a workflow may call; none where nothing was agreed to on this computer."""
    return frozenset(_kept().get(workflow, []) if workflow else [])


def _path() -> Path:
    return Path(platformdirs.user_data_dir("orange-imaging", appauthor=False)) / "agreements.json"


def _keep(agreements: dict[str, list[str]]) -> None:
    """Write them where only their owner may read them. Raises OutputError."""
    path = _path()
    try:
        with writing(path):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with placed(path) as beside:
            os.close(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            beside.write_text(json.dumps(agreements, indent=1), encoding="utf-8")
    except OutputError as error:
        reason = explain(error.__cause__ or error)
        raise OutputError(f"{escape_path(str(path))}: your answer cannot be kept ({reason}), so nobody is called. "
                          "Free some space on this disk, or ask for the right to write there.") from error


def _kept() -> dict[str, list[str]]:
    """Hosts by workflow; none where the file is absent, damaged or may not be read: then the user is asked again."""
    try:
        found = json.loads(_path().read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    entries = found.items() if isinstance(found, dict) else ()
    return {workflow: [host for host in hosts if isinstance(host, str)]
            for workflow, hosts in entries if isinstance(hosts, list)}
