"""What is asked of the engine for a computed column."""

from __future__ import annotations

import json
from dataclasses import dataclass

from ..core.catalogue import all_cards
from ..core.comparable import identity_parts
from ..core.errors import WrongUse
from ..core.joining import vector_parts
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


def request_of(identity: str, reading: Reading) -> Request | None:
    """What was asked for where vectors of this identity came out; None where it cannot be told for certain.

    That is so for networks of the user's own, for the identity names no file; for components, whose projection it does
    not hold; and for what a later version wrote.

    Args:
        identity: as in `core.embeddings.Embeddings.identity`.
        reading: of the pictures, all channels together.
    """
    try:
        told = identity_parts(identity)
        networks = list(dict.fromkeys(str(part["network"]) for part in told))
        options = Options.from_record(told[0]["options"])
        asked = [(part.network, part.options.record(), json.loads(part.reading.to_json()))
                 for part in vector_parts(networks, options, reading)]
    except (ValueError, TypeError, KeyError, AttributeError, WrongUse):
        return None
    is_ours = set(networks) <= {card.name for card in all_cards()}
    same = json.dumps(asked, sort_keys=True) == json.dumps(
        [(part["network"], part["options"], part["reading"]) for part in told], sort_keys=True)
    is_whole = "components" not in json.loads(identity)
    return Request("+".join(networks), options, reading) if is_ours and same and is_whole else None
