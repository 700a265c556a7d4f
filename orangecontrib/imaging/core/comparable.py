"""Which vectors may stand in one table: those whose identities differ at most in what changes the last digits."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from .errors import WrongUse

#: another device, batch, version of torch or of a decoder changes vectors by 1e-4 of their length at most
_LAST_DIGITS = ("batch", "decoders", "device", "engine")
_SHOWN_DIGITS = 16


def comparable(identity: str) -> str:
    """What is left of an identity, as JSON with sorted keys; vectors may be compared where it is equal.

    Left out are device, batch, engine and decoders. All else counts: network, weights, options, reading, and how our
    own code reads and prepares pictures. Of components, the vectors that they are made from.

    Args:
        identity: as in `Embeddings.identity`.
    """
    return json.dumps([{name: value for name, value in part.items() if name not in _LAST_DIGITS}
                       for part in identity_parts(identity)], sort_keys=True)


def identity_parts(identity: str) -> list[dict[str, Any]]:
    """What is told of each network and channel whose vectors lie side by side."""
    told = json.loads(identity)
    if isinstance(told, list):
        return told
    told = told.get("vectors", told)
    parts: list[dict[str, Any]] = told.get("side by side", [told])
    return parts


def first_weights(identity: str) -> str:
    """The SHA-256 of the first network's weights, in hex; ``""`` where none is told."""
    return str(identity_parts(identity)[0].get("weights", ""))


def why_not_comparable(before: str, now: str) -> str:
    """How two vectors came about differently, in sentences, and what to do; ``""`` where they may be compared.

    Args:
        before: the identity, or what `comparable` left of it, of the vectors that were there first.
        now: that of the vectors that were computed here now.
    """
    old, new = json.loads(comparable(before)), json.loads(comparable(now))
    if old == new:
        return ""
    for one, other in zip(old, new):
        if one.get("weights") != other.get("weights"):
            return (f"The weights of {_name(other)} on this computer are not those that the columns were made with "
                    f"(their SHA-256 begins with {_digits(other)}, not with {_digits(one)}). Bring the same weights, "
                    "or embed the training pictures again and train again.")
        if one != other:
            names = sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))
            return (f"Pictures are prepared otherwise for {_name(other)} here than when the columns were made ("
                    f"{', '.join(names)}): by another version of this add-on, or of the network's description. Use the "
                    "same version, or embed the training pictures again and train again.")
    return "Another number of networks or channels was computed than the columns are made of. Embed and train again."


def _name(part: dict[str, Any]) -> str:
    return str(part.get("network", "the network"))


def _digits(part: dict[str, Any]) -> str:
    return str(part.get("weights", ""))[:_SHOWN_DIGITS] or "nothing"


def combined_identity(identities: Iterable[str]) -> str:
    """One identity for vectors that came about on several computers.

    Returns:
        The identity that all have; where they differ in the last digits alone, what `comparable` leaves of it;
        ``""`` where there is none.

    Raises:
        WrongUse: some of these vectors may not be compared.
    """
    first, *others = list(dict.fromkeys(identities)) or [""]
    if any(why_not_comparable(first, other) for other in others):
        raise WrongUse("These vectors may not stand in one table: they come from different networks, weights, options "
                       "or ways to prepare pictures. Embed all pictures in the same way.")
    return comparable(first) if others else first
