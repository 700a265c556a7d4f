"""Settings that the older add-on, orange3-imageanalytics, saved, as settings of ours.

Each function takes what one of its widgets saved, in any of its versions, and returns what ours would have saved. The
settings come with the older widget's own version number, which tells little: it was 1 until 0.12. What cannot be
carried over is told, in sentences, under ``from_older``; see `from_older`.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from ..core.cards import network_cards
from ..core.older_networks import OLDER_NETWORKS, older_title
from ..core.paths import escape_path
from ..core.save_plan import Form
from .parts.picture_area import SIZES_PX

Settings = dict[str, Any]

FIRST_OF_OURS = 100
#: Their names in Slovenian stand in workflows that were saved in that language by 0.13.
SLOVENIAN = {"Data": "Podatki", "Images": "Slike", "Selected Images": "Izbrane slike",
             "Data Subset": "Podskupina podatkov", "Skipped Images": "Izpuščene slike"}

_FORMATS = ("png", "jpg", "gif", "tiff", "pdf", "bmp", "eps", "ico")
_OUR_FORMATS = {"png": "png", "jpg": "jpeg", "tiff": "tiff"}
_DISCRETE, _STRING, _IN_VALUES = 1, 3, 100  # as contexts of Orange tell the types of columns
_USUAL_CELLS = (10, 10)  # saved where there was never a grid


def carry_over(settings: Settings, version: int | None, translate: Callable[[Mapping[str, Any]], Settings]) -> None:
    """Put what was saved by an older widget as ours says it, in its place; what ours saved stays.

    Args:
        settings: as they come to `migrate_settings`; changed in place.
        version: that came with them.
        translate: one of the functions below.
    """
    if (version or 0) < FIRST_OF_OURS:
        translated = translate(settings)
        settings.clear()
        settings.update(translated)


def import_settings(older: Mapping[str, Any]) -> Settings:
    """Those of Import Images: the folder, wherever it is relative to the workflow, and the recent ones."""
    kept, recent = _split(older, "recent_paths", "currentPath")
    paths = [one for one in recent.get("recent_paths") or () if isinstance(getattr(one, "abspath", None), str)]
    if not paths:
        return kept
    folders = [escape_path(one.abspath) for one in paths]
    kept |= {"folder": folders[0], "recent_folders": list(dict.fromkeys(folders))}
    if paths[0].prefix == "basedir" and paths[0].relpath:
        kept["folder_beside"] = {folders[0]: escape_path(paths[0].relpath)}
    return kept


def embedder_settings(older: Mapping[str, Any]) -> Settings:
    """Those of Image Embedding, and of ImageNet Embedding before it: network, column, and whether it starts by itself.

    Its SqueezeNet gave the 1000 class scores.
    """
    kept, given = _split(older, "cb_embedder_current_id", "cb_image_attr_current_id", "_auto_apply",
                         "img_attr", "auto_commit", "token")
    if not given:
        return kept
    network = _one_of(OLDER_NETWORKS, given.get("cb_embedder_current_id"))
    kept |= {"network": network, "auto_apply": bool(given.get("_auto_apply", given.get("auto_commit", True)))}
    if network == "squeezenet":
        kept["options"] = {"layers": ["logits"]}
    return _with_column(kept, given.get("cb_image_attr_current_id", given.get("img_attr")))


def viewer_settings(older: Mapping[str, Any]) -> Settings:
    """Those of Image Viewer: columns, size, and the pictures that were chosen."""
    kept, given = _split(older, "imageSize", "autoCommit", "zoom")
    contexts = [one for one in older.get("context_settings") or () if _is_of_older(one, "image_attr", "imageAttr")]
    if not given and not contexts:
        return kept
    if type(size_px := given.get("imageSize")) is int:
        kept["thumbnail_px"] = min(max(size_px, SIZES_PX[0]), SIZES_PX[1])
    kept["auto_commit"] = bool(given.get("autoCommit", True))
    kept["context_settings"] = [_with_values(one, _viewer_values(one)) for one in contexts]
    if contexts:  # the last one comes first
        chosen = contexts[0].values.get("selected_items", ((), 0))[0]
        kept["saved_selection"] = {"values": sorted(map(str, chosen))} if chosen else {}
        if "titleAttr" in contexts[0].values and "caption_columns" not in kept["context_settings"][0].values:
            kept = _told(kept, "The column of captions could not be told: choose it under Captions.")
        kept = _with_column(kept, contexts[0].values.get("imageAttr", (0, 0))[0])
    return kept


def grid_settings(older: Mapping[str, Any]) -> Settings:
    """Those of Image Grid: columns, the grid's size, and whether cells are filled. It saved no choice of pictures."""
    kept, given = _split(older, "cell_fit", "columns", "rows", "imageSize", "label_selected", "auto_update")
    contexts = [one for one in older.get("context_settings") or () if _is_of_older(one, "imageAttr", "label_attr")]
    if not given and not contexts:
        return kept
    cells = tuple(int(given.get(name) or 0) for name in ("rows", "columns"))
    if cells != _USUAL_CELLS:
        kept["grid_rows"], kept["grid_columns"] = cells
    kept["is_filled"] = given.get("cell_fit") in (1, "Crop", "Obreži")
    kept["context_settings"] = [_with_values(one, _renamed(one, {"label_attr": "caption_column"})) for one in contexts]
    return _with_column(kept, contexts[0].values.get("imageAttr", (0, 0))[0] if contexts else 0)


def save_settings(older: Mapping[str, Any]) -> Settings:
    """Those of Save Images: folder, column, format, and the network whose size pictures get."""
    kept, given = _split(older, "last_dir", "dirname", "auto_save", "use_scale", "scale_index", "file_format_index",
                         "image_attr_current_index")
    if not given:
        return kept
    kept["folder"] = escape_path(given.get("dirname") or "")
    file_format = _one_of(_FORMATS, given.get("file_format_index"))
    form = {"format": _OUR_FORMATS.get(file_format, "png")}
    if file_format not in _OUR_FORMATS:
        kept = _told(kept, f"Pictures were saved as {file_format.upper()}, which is not offered here: they would be "
                           "saved as PNG.")
    network = _one_of(OLDER_NETWORKS, given.get("scale_index"))
    if given.get("use_scale") and network in {card.name for card in network_cards()}:
        form |= {"size": "network", "network": network, "fit": "stretch"}
    elif given.get("use_scale"):
        kept = _told(kept, f"Pictures were scaled for {older_title(network)}, which is not here: they would keep "
                           "their size.")
    kept["written_as"] = asdict(Form(**form))
    if given.get("auto_save"):
        kept = _told(kept, "Pictures were saved whenever data came; here they are saved when you press Save.")
    return _with_column(kept, given.get("image_attr_current_index"))


def _split(older: Mapping[str, Any], *names: str) -> tuple[Settings, Settings]:
    """What stays, and what is to be said otherwise. A window of another size and form is left to Orange."""
    given = {name: older[name] for name in names if name in older}
    dropped = {*names, *(("savedWidgetGeometry",) if given else ())}
    return {name: value for name, value in older.items() if name not in dropped}, given


def _told(kept: Settings, text: str) -> Settings:
    more = kept.get("from_older", {})
    return {**kept, "from_older": {**more, "told": [*more.get("told", ()), text]}}


def _with_column(kept: Settings, number: object) -> Settings:
    """The image column was saved by its place among those of the data, which is not here yet."""
    if type(number) is not int or number < 1:
        return kept
    return {**kept, "from_older": {**kept.get("from_older", {}), "column": number}}


def _one_of(names: tuple[str, ...], number: object) -> str:
    return names[number] if type(number) is int and 0 <= number < len(names) else names[0]


def _is_of_older(context: Any, *names: str) -> bool:
    values = getattr(context, "values", None)
    return isinstance(values, dict) and any(name in values for name in names)


def _with_values(context: Any, values: Settings) -> Any:
    changed = copy.copy(context)
    changed.values = values
    return changed


def _renamed(context: Any, names: Mapping[str, str]) -> Settings:
    """The columns that a context tells by name."""
    found = {ours: context.values.get(name) for name, ours in names.items()}
    return {ours: value for ours, value in found.items() if value and isinstance(value[0], str) and value[1] >= 0}


def _viewer_values(context: Any) -> Settings:
    """Until 0.11 the caption was saved by its place, since then by its name."""
    values = _renamed(context, {"image_attr": "image_column", "title_attr": "title"})
    title = values.pop("title", None) or _title_at(context, context.values.get("titleAttr", (None, 0))[0])
    if title:
        values["caption_columns"] = ([title], -3)
    return values


def _title_at(context: Any, number: object) -> tuple[str, int] | None:
    """The column at a place among class, metas and features, where it can be told; classes are known only by type."""
    variables = list(context.attributes.items())
    discrete = [one for one in variables if one[1] == _DISCRETE]
    if len(discrete) > 1 or (discrete and discrete[0] != variables[-1]) or type(number) is not int:
        return None
    features = [one for one in variables if one not in discrete]
    every = [*discrete, *context.metas.items(), *features]
    if not every:
        return None
    name, kind = every[min(max(number, 0), len(every) - 1)]
    return name, _IN_VALUES + kind
