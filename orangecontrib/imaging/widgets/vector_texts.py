"""What lies in files of vectors, in words."""

from __future__ import annotations

from collections.abc import Sequence

from Orange.widgets.utils.localization import pl

from ..core.catalogue import find_network, network_names
from ..core.comparable import identity_parts
from ..core.paths import escape_path
from ..core.reading import Reading
from ..core.reading_words import reading_words
from ..core.shards.reading import Vectors
from ..tables.request import request_of
from .parts.folder_choice import title_of
from .parts.option_choices import option_items, preset_name

_NAMED = 6


def content_items(vectors: Vectors) -> list[tuple[str, str]]:
    """What is there, as (name, words)."""
    shards = len(vectors.parts) + len(vectors.missing) + len(vectors.aside)
    parts = f" in {len(vectors.parts):,} of {shards:,} shards" if vectors.missing or vectors.aside else (
        f" in {shards:,} shards" if shards > 1 else "")
    skipped = f"{vectors.skipped:,} {pl(vectors.skipped, 'picture')}" if vectors.skipped else "none"
    return [("Pictures", f"{vectors.count:,}{parts}, {vectors.dimension:,} numbers each"),
            ("Network", _network_text(vectors)), ("How read", _reading_text(vectors.reading)),
            ("Skipped", skipped), ("Other columns", _some(list(vectors.columns)) or "none"),
            ("Pictures' folder", _folder_text(vectors.root))]


def _folder_text(root: str | None) -> str:
    """The end of a folder's path; an address in full."""
    if not root:
        return "not told" if root is None else "the root of the disk"
    return escape_path(root) if "://" in root else title_of(escape_path(root))


def _network_text(vectors: Vectors) -> str:
    """The network and what differs from the usual; of what we do not know, what the identity calls it."""
    request = request_of(vectors.identity, vectors.reading)
    if request is None:
        return _names_told(vectors.identity) or "not told"
    cards = [find_network(name) for name in network_names(request.model)]
    preset, layers, _, views, *_ = [value for _, value in option_items(request.options, cards[0])]
    words = f"preset {preset}" if preset_name(cards[0], request.options) else f"{layers}; {views}"
    return f"{' and '.join(card.title for card in cards)}, {words}"


def _names_told(identity: str) -> str:
    try:
        parts = identity_parts(identity)
        return " and ".join(dict.fromkeys(str(part["network"]) for part in parts))
    except (ValueError, TypeError, KeyError, AttributeError):
        return ""


def _reading_text(reading: Reading) -> str:
    """What differs from the usual recipe."""
    usual = reading_words(Reading())
    told = [f"{name}: {value}" for name, value in reading_words(reading).items() if value != usual[name]]
    return "; ".join(told) or "as usual"


def _some(names: Sequence[str]) -> str:
    others = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {others:,} {pl(others, 'other')}" if others > 0 else "")


def missing_text(vectors: Vectors) -> str:
    """That shards are still to be made, in sentences."""
    count = len(vectors.missing)
    shards = f"{count:,} {pl(count, 'shard is|shards are')}"
    return (f"{shards} not there yet; {pl(count, 'its|their')} pictures are missing here. Run orange-imaging embed "
            "again with the same pictures and the same folder, then press Reload.")


def aside_text(vectors: Vectors) -> str:
    """That shards were set aside, in sentences, and why the first of them was."""
    count = len(vectors.aside)
    number, reason = next(iter(vectors.aside.items()), (0, ""))
    shards = f"{count:,} {pl(count, 'shard was|shards were')}"
    return (f"{shards} set aside; {pl(count, 'its|their')} pictures are missing here. The first is shard {number}: "
            f"{reason.rstrip('.')}. Connect Skipped Images to a Data Table to see its pictures.")
