"""The columns that a list carries along: numbers where all values are numbers, otherwise text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import WrongUse

if TYPE_CHECKING:
    import pyarrow

#: what programs write for a number that is not there
_NO_NUMBER = ("", "?", "NA", "N/A", "NaN", "nan")
_WHOLE = "^-?(0|[1-9][0-9]{0,14})$"  # more digits are a name: Orange keeps 15, and 01 is no number but a well
_NUMBER = r"^-?((0|[1-9][0-9]{0,14})(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]{1,3})?$"


def typed(values: pyarrow.ChunkedArray) -> pyarrow.ChunkedArray:
    """Text as int64 or float64 where each value is written as a number is, or not there; an empty text is none.

    ``01``, ``1,5`` and what has more than 15 digits stay text, for as numbers they would be written otherwise.
    """
    import pyarrow
    import pyarrow.compute as pc

    trimmed = pc.utf8_trim_whitespace(values)
    numbers = pc.if_else(pc.is_in(trimmed, pyarrow.array(_NO_NUMBER)), None, trimmed)
    if numbers.null_count < len(numbers):
        for form, kind in ((_WHOLE, pyarrow.int64()), (_NUMBER, pyarrow.float64())):
            if pc.all(pc.match_substring_regex(numbers, form)).as_py():
                found = pc.cast(numbers, kind)
                if pc.all(pc.is_finite(found)).as_py():
                    return found
    return pc.if_else(pc.equal(values, ""), None, values)


def plain(name: str, values: pyarrow.ChunkedArray) -> pyarrow.ChunkedArray:
    """A column of a Parquet file as text, numbers or truth values; dates and times become text.

    Raises:
        WrongUse: its values are lists, records or bytes.
    """
    import pyarrow
    from pyarrow import types

    kind = values.type
    if types.is_dictionary(kind):
        return plain(name, values.cast(kind.value_type))
    if types.is_string(kind) or types.is_integer(kind) or types.is_boolean(kind):
        return values
    if types.is_float32(kind) or types.is_float64(kind):
        return values
    if types.is_float16(kind):
        return values.cast(pyarrow.float32())
    if types.is_decimal(kind):
        return values.cast(pyarrow.float64())
    if types.is_timestamp(kind):
        return _as_text(values)
    if types.is_large_string(kind) or types.is_null(kind) or types.is_date(kind) or types.is_time(kind):
        return values.cast(pyarrow.string())
    raise WrongUse(f"The column {name!r} holds no texts and no numbers ({kind}), and cannot be carried along. Write "
                   "the list without it.")


def _as_text(values: pyarrow.ChunkedArray) -> pyarrow.ChunkedArray:
    """Points in time, such as ``2026-11-23 06:15:00``; with a ``Z`` where the time zone is known, for UTC."""
    import pyarrow
    import pyarrow.compute as pc

    texts = values.cast(pyarrow.timestamp(values.type.unit)).cast(pyarrow.string())
    texts = pc.replace_substring_regex(texts, r"\.0+$", "")  # no one writes seconds with such digits
    return pc.binary_join_element_wise(texts, "Z", "") if values.type.tz else texts
