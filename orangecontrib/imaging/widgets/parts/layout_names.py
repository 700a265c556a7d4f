"""The layouts that widgets offer: what menus and settings call them, and what is said of each."""

from __future__ import annotations

from AnyQt.QtCore import Qt
from AnyQt.QtWidgets import QComboBox

#: places are read from two columns
COLUMNS = "Two columns"
#: `projection.METHODS`, then `COLUMNS`, each with its tip
LAYOUT_TIPS = {
    "t-SNE": "Pictures that are similar lie near each other; distances between groups mean little.",
    "UMAP": "As t-SNE, with tighter groups and wider gaps between them; an extra to install.",
    "PCA": "The two directions in which the numbers differ most.",
    "MDS": "Distances on the map follow how different the pictures are, as well as two dimensions allow.",
    COLUMNS: "Places are read from two columns.",
}
#: all that a setting may name
LAYOUTS = tuple(LAYOUT_TIPS)


def fill_layouts(combo: QComboBox) -> None:
    """Offer all of them, in their order, each with its tip."""
    for number, (name, tip) in enumerate(LAYOUT_TIPS.items()):
        combo.addItem("Two columns" if name == COLUMNS else name)
        combo.setItemData(number, tip, Qt.ItemDataRole.ToolTipRole)
    combo.setAccessibleName("Layout")
