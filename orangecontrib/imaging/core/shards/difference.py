"""How the embedding that is in a folder of shards differs from the one that is wanted now, in clauses."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ..comparable import comparable
from ..errors import WrongUse
from ..paths import escape_path
from ..reading import Reading
from ..reading_words import reading_words
from .remote import is_address

if TYPE_CHECKING:
    from .manifest import Manifest

#: what to do where nothing but the pictures differs
ADDED = "If pictures were added since, embed the new ones, as a list, into a folder of their own."
_SHOWN_DIGITS = 16
_TOLD_APART = ("network", "weights", "options", "reading")


@lru_cache(maxsize=64)
def _compared(identity: str) -> str:
    return comparable(identity)


def is_same_embedding(one: str, other: str) -> bool:
    """Whether vectors of these two identities may stand in one table."""
    return one == other or _compared(one) == _compared(other)


def embedding_differences(then: str, now: str) -> list[str]:
    """How two embeddings differ, in clauses; none where their vectors may stand in one table.

    Args:
        then, now: identities, or what `comparable.comparable` left of them.
    """
    if is_same_embedding(then, now):
        return []
    old, new = json.loads(_compared(then)), json.loads(_compared(now))
    networks = [[str(part.get("network")) for part in parts] for parts in (old, new)]
    if networks[0] != networks[1]:
        told = [" and ".join(dict.fromkeys(names)) for names in networks]
        if told[0] != told[1]:
            return [f"the network was {told[0]} and is {told[1]} now"]
        return [f"the channels or networks side by side were {len(networks[0])} and are {len(networks[1])} now"]
    found = [clause for one, other in zip(old, new) for clause in _part_differences(one, other)]
    return list(dict.fromkeys(found)) or ["pictures are read or prepared otherwise"]


def run_differences(then: Manifest, now: Manifest) -> list[str]:
    """What keeps a run from joining another, in clauses; none where nothing does."""
    found = embedding_differences(then.identity, now.identity)
    if then.columns != now.columns:
        found.append(f"the columns carried along were {_columns_text(then)} and are {_columns_text(now)} now")
    elif then.pictures != now.pictures:
        found.append(f"there were {then.pictures:,} pictures and are {now.pictures:,} now")
    elif then.digest != now.digest:
        found.append(f"the {now.pictures:,} pictures have other names, another order or other values than then")
    if _are_elsewhere(then.root, now.root):
        found.append(f"the pictures were in {escape_path(then.root)} and are in {escape_path(now.root)} now, which are "
                     "two folders")
    if then.shard_size != now.shard_size:
        found.append(f"a shard had {then.shard_size:,} pictures and has {now.shard_size:,} now (--shard-size "
                     f"{then.shard_size} would join)")
    return found


def _are_elsewhere(then: str, now: str) -> bool:
    """Whether pictures of the same names are others: both folders are there. Else one may be the other's mount."""
    if is_address(then) and is_address(now):
        return then != now
    return os.path.exists(then) and os.path.exists(now) and not os.path.samefile(then, now)


def are_other_pictures(then: Manifest, now: Manifest) -> bool:
    """Whether two runs differ in nothing but the pictures that they are of."""
    return (then.digest != now.digest and then.columns == now.columns and then.shard_size == now.shard_size
            and not _are_elsewhere(then.root, now.root) and is_same_embedding(then.identity, now.identity))


def _columns_text(manifest: Manifest) -> str:
    return ", ".join(f"{name} ({kind})" for name, kind in manifest.columns.items()) or "none"


def _part_differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    found = []
    if old.get("weights") != new.get("weights"):
        found.append(f"the weights of {new.get('network')} are others (their SHA-256 began with {_digits(old)} and "
                     f"begins with {_digits(new)} now)")
    found += _value_differences("the option ", _option_words(old), _option_words(new))
    found += _value_differences("", *_readings_in_words(old.get("reading", {}), new.get("reading", {})))
    told = (*_TOLD_APART, *(["layers"] if _option_words(old).get("layers") != _option_words(new).get("layers") else []))
    rest = sorted(name for name in old.keys() | new.keys() if name not in told and old.get(name) != new.get(name))
    if rest:
        found.append(f"pictures are prepared otherwise for {new.get('network')} ({', '.join(rest)}), by another "
                     "version of this add-on or of the network's description")
    return found


def _value_differences(what: str, old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    names = [*old, *(name for name in new if name not in old)]
    return [f"{what}“{name}” was “{old.get(name, 'not told')}” and is “{new.get(name, 'not told')}” now"
            for name in names if old.get(name) != new.get(name)]


def _option_words(part: Mapping[str, Any]) -> dict[str, str]:
    """The options of one network, each as the command takes it."""
    return {name: "+".join(map(str, value)) if isinstance(value, list) else str(value)
            for name, value in part.get("options", {}).items()}


def _readings_in_words(*records: Mapping[str, Any]) -> list[dict[str, str]]:
    """Recipes of reading as their form tells them; where one is of another version, as they are written."""
    try:
        return [reading_words(Reading.from_json(json.dumps(record))) for record in records]
    except (TypeError, ValueError, WrongUse):
        return [{name: str(value) for name, value in record.items()} for record in records]


def _digits(part: Mapping[str, Any]) -> str:
    return str(part.get("weights", ""))[:_SHOWN_DIGITS] or "nothing"
