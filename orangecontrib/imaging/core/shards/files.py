"""The files of one shard: its vectors, the pictures that were left out, and the proof that both are whole."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from io import BufferedRandom
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..embeddings import Embeddings
from ..errors import OutputError, WrongUse
from ..paths import escape_path
from ..placing import placed, writing
from .difference import embedding_differences, is_same_embedding
from .footers import read_footer, read_metadata, readable
from .listing import PATH, Piece, shard_count

if TYPE_CHECKING:
    import pyarrow

    from .manifest import Manifest

VECTOR, REASON = "vector", "reason"
_TRIES = 5
_ROWS_A_GROUP = 4096  # what reads back takes no more at once


@dataclass(frozen=True)
class Heading:
    """What all shards of a folder have in common; it travels to workers.

    Attributes:
        digest: of the listing.
        pictures: how many the listing has.
        shard_size: pictures a shard.
        dimension: length of a vector.
        root: the folder, or address, that names start from.
        columns: the columns carried along, with Arrow's name of their type.
        reading: the recipe of reading, as JSON.
        identity: what `comparable.comparable` leaves of the vectors' identity.
    """

    digest: str
    pictures: int
    shard_size: int
    dimension: int
    root: str
    columns: Mapping[str, str]
    reading: str
    identity: str

    @property
    def shards(self) -> int:
        """How many shards there are."""
        return shard_count(self.pictures, self.shard_size)

    def pictures_of(self, number: int) -> int:
        """How many pictures a shard has."""
        return max(0, min(self.shard_size, self.pictures - number * self.shard_size))


@dataclass(frozen=True)
class Record:
    """What is known of a shard that is done.

    Attributes:
        number: of the shard, from 0.
        first: row of its first picture in the listing.
        vectors, skipped: how many pictures have a vector, and how many were left out.
        bytes, sha256: of the file of vectors.
        footer: SHA-256 of that file's last part, which tells in a moment which file it is.
        digest: of the listing.
        identity: of the vectors, in full.
        host: the computer that computed them.
        seconds: how long that took.
        read: how many of its pictures were read in which way, in clauses: see `images.Picture.notes`.
    """

    number: int
    first: int
    vectors: int
    skipped: int
    bytes: int
    sha256: str
    footer: str
    digest: str
    identity: str
    host: str
    seconds: float
    read: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """What all records of a folder have in common is held once: there may be 50,000."""
        for name in ("digest", "identity", "host"):
            object.__setattr__(self, name, sys.intern(getattr(self, name)))

    def belongs_to(self, heading: Heading) -> bool:
        """Whether it is of this listing, cut in this way, and its vectors may stand beside the others."""
        return (self.digest == heading.digest and self.first == self.number * heading.shard_size
                and self.vectors + self.skipped == heading.pictures_of(self.number)
                and is_same_embedding(self.identity, heading.identity))


def shard_path(out: Path, number: int) -> Path:
    """Where the vectors of a shard are."""
    return out / f"shard-{number:05d}.parquet"


def skipped_path(out: Path, number: int) -> Path:
    """Where the pictures of a shard are listed that have no vector."""
    return out / f"skipped-{number:05d}.parquet"


def aside_path(out: Path, number: int) -> Path:
    """Where the pictures of a shard are listed that was set aside, because it ended its workers."""
    return out / f"aside-{number:05d}.parquet"


def write_shard(out: Path, number: int, piece: Piece, embeddings: Embeddings, heading: Heading,
                seconds: float = 0.0) -> Record:
    """Write the two files of a shard, each whole or not at all: vectors first, then skipped pictures with the record.

    The shard is done from the moment the second one is there. Where two computers write one shard at once, both files
    are in the end those of one of them.

    Args:
        embeddings: of the piece's pictures; rows count those of the piece.
        seconds: how long the embedding took.

    Returns:
        The record of what is there now.

    Raises:
        OutputError: the files cannot be written; what could be written of the shard is removed.
        WrongUse: the vectors may not stand beside those of the other shards.
    """
    if differences := embedding_differences(heading.identity, embeddings.identity):
        raise WrongUse(f"{escape_path(str(out))}: the vectors computed here do not belong with those that are wanted: "
                       f"{'; '.join(differences)}. Use the same network and version of this add-on on all computers.")
    for _ in range(_TRIES):
        _write_pair(out, number, piece, embeddings, heading, seconds)
        if record := read_record(out, number, heading):
            with writing(aside_path(out, number)):
                aside_path(out, number).unlink(missing_ok=True)
            return record
    raise OutputError(f"{escape_path(str(shard_path(out, number)))}: it is not what was written there. Another program "
                      "writes to this folder; end it and start again.")


def write_aside(out: Path, number: int, piece: Piece, heading: Heading, reason: str) -> None:
    """List the pictures of a shard that is set aside, each with the reason. Raises OutputError."""
    columns = {PATH: _texts(piece.names), REASON: _texts([reason] * len(piece))}
    told = {"number": number, "digest": heading.digest, "reason": reason}
    _write_table(aside_path(out, number), columns, {"aside": json.dumps(told)})


def read_record(out: Path, number: int, heading: Heading | None = None) -> Record | None:
    """What is known of a shard; None where it is not done, damaged, or, with a heading, not of this listing.

    Only the ends of both files are read.

    Raises:
        WrongUse: a file is there, but may not be read.
    """
    told = read_metadata(skipped_path(out, number)).get("shard")
    try:
        record = Record(**json.loads(told)) if told else None
    except (ValueError, TypeError):  # a file of this name by another program, or of another version
        return None
    if record is None or record.number != number or (heading and not record.belongs_to(heading)):
        return None
    found = read_footer(shard_path(out, number))
    is_whole = found is not None and (found.file_bytes, found.sha256) == (record.bytes, record.footer)
    return record if is_whole else None


def read_aside(out: Path, number: int, heading: Heading) -> str | None:
    """Why a shard of this listing was set aside; None where it was not. Raises WrongUse: the file may not be read."""
    try:
        told = json.loads(read_metadata(aside_path(out, number)).get("aside", "{}"))
        return str(told["reason"]) if told["digest"] == heading.digest else None
    except (ValueError, TypeError, KeyError):
        return None


def missing_shards(out: Path, manifest: Manifest) -> list[int]:
    """The numbers of the shards that are yet to be done, ascending; those set aside are among them.

    Raises:
        WrongUse: the folder, or a file in it, may not be read.
    """
    there, heading = file_names(out), manifest.heading
    return [number for number in range(heading.shards)
            if skipped_path(out, number).name not in there or read_record(out, number, heading) is None]


def file_names(out: Path) -> set[str]:
    """The names of all files in a folder. Raises WrongUse: it cannot be read."""
    try:
        with readable(out):
            return set(os.listdir(out))
    except OSError as error:
        raise no_folder(out) from error


def no_folder(out: Path) -> WrongUse:
    """What is said of a folder of shards that is not there."""
    return WrongUse(f"{escape_path(str(out))}: there is no such folder of shards (any more). See that its disk is "
                    "there, or begin anew.")


def _write_pair(out: Path, number: int, piece: Piece, embeddings: Embeddings, heading: Heading,
                seconds: float) -> None:
    skipped = [one.row for one in embeddings.skipped]
    identity = json.dumps(json.loads(embeddings.identity), sort_keys=True)  # as it comes back from a manifest
    common = {"identity": identity, "listing": heading.digest, "reading": heading.reading,
              "root": escape_path(heading.root), "device": embeddings.device, "first": str(piece.first)}
    vectors = hashlib.sha256(embeddings.vectors.tobytes()).hexdigest()  # so that other vectors have another footer
    path = shard_path(out, number)
    try:
        size, sha256 = _write_table(path, {**_columns(piece, embeddings.rows.tolist(), heading),
                                           VECTOR: _vectors(embeddings, heading.dimension)},
                                    {**common, "vectors": vectors})
        footer = read_footer(path)
        record = Record(number, piece.first, len(embeddings.vectors), len(skipped), size, sha256,
                        footer.sha256 if footer else "", heading.digest, identity, socket.gethostname(),
                        round(seconds, 3), dict(embeddings.read))
        _write_table(skipped_path(out, number), {**_columns(piece, skipped, heading),
                                                 REASON: _texts([one.reason for one in embeddings.skipped])},
                     {**common, "shard": json.dumps(asdict(record))})
    except OutputError:
        if read_record(out, number) is None:  # else another run has done it meanwhile
            with suppress(OSError):
                path.unlink(missing_ok=True)
        raise


def _columns(piece: Piece, rows: Sequence[int], heading: Heading) -> dict[str, pyarrow.Array]:
    """Names and carried values of some of the piece's pictures."""
    import pyarrow
    return {PATH: _texts([piece.names[row] for row in rows]),
            **{name: pyarrow.array([piece.carried[name][row] for row in rows], pyarrow.type_for_alias(kind))
               for name, kind in heading.columns.items()}}


def _texts(texts: Sequence[str]) -> pyarrow.Array:
    import pyarrow
    plain = [text.encode("utf-8", "backslashreplace").decode() for text in texts]  # a reason may quote a strange name
    return pyarrow.array(plain, pyarrow.string())


def _vectors(embeddings: Embeddings, dimension: int) -> pyarrow.Array:
    """The vectors as lists of fixed size."""
    import pyarrow
    kind = pyarrow.list_(pyarrow.float32(), dimension)
    return pyarrow.FixedSizeListArray.from_arrays(pyarrow.array(embeddings.vectors.reshape(-1)), type=kind)


def _write_table(path: Path, columns: Mapping[str, Any], metadata: Mapping[str, str]) -> tuple[int, str]:
    """Write a file that is on the disk before it gets its name; its bytes and their SHA-256.

    Vectors keep the four bytes of their numbers apart: half of them are alike, so that 30 to 55 % of the room is saved.
    """
    import pyarrow
    import pyarrow.parquet

    table = pyarrow.table(dict(columns)).replace_schema_metadata(dict(metadata))
    others = [name for name in columns if name != VECTOR]
    with placed(path) as beside, open(beside, "w+b") as file:
        pyarrow.parquet.write_table(table, file, row_group_size=_ROWS_A_GROUP, compression="zstd",
                                    use_dictionary=others, write_statistics=others,
                                    use_byte_stream_split=[f"{VECTOR}.list.element"] if VECTOR in columns else False)
        return _seal(file)


def _seal(file: BufferedRandom) -> tuple[int, str]:
    """See that all of a file is on the disk; its bytes and their SHA-256."""
    file.flush()
    os.fsync(file.fileno())
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    return size, hashlib.file_digest(file, "sha256").hexdigest()
