"""The menu of networks: in groups, with the size of weights that are not here, and files of the user's own."""

from __future__ import annotations

import os
from collections.abc import Collection
from itertools import groupby

from AnyQt.QtCore import Qt
from AnyQt.QtCore import pyqtSignal as Signal
from AnyQt.QtWidgets import QComboBox, QFileDialog

from ...core.cards import GROUPS, ModelCard
from ...core.catalogue import added_networks, all_cards
from ...core.older_networks import older_title
from ...core.own import SUFFIXES, is_own
from ...core.paths import escape_path
from ...core.space import size_text

_FROM_FILE = "from a file"
_TIP = Qt.ItemDataRole.ToolTipRole


class NetworkMenu(QComboBox):
    """Each line is a network; the last one asks for a file."""

    #: the user chose a network (str: its name, or the path of a file)
    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__(minimumContentsLength=28)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setAccessibleName("Network")
        self._network = ""
        self.activated.connect(self._choose)

    def fill(self, network: str, is_available: bool = True) -> None:
        """Offer all networks, this one chosen, whether it can be used now or not. Nothing is emitted."""
        self.clear()
        self._network = network
        for group, cards in groupby(sorted(all_cards(), key=_place), key=lambda card: card.group):
            self._add_heading(GROUPS[group])
            for card in cards:
                self._add_network(card.title, card.name, card.advice)
        for refused in added_networks().refused:
            self._add_heading(f"{refused.title}: cannot be used")
            self.setItemData(self.count() - 1, f"{refused.distribution}: {refused.reason}.", _TIP)
        self._add_heading(GROUPS["own"])
        if self.findData(network) < 0:
            title = escape_path(os.path.basename(network)) if is_own(network) else older_title(network)
            self._add_network(title if is_available else f"{title}  (not available)", network, escape_path(network))
        self.addItem("From a file …", _FROM_FILE)
        self.setCurrentIndex(self.findData(network))

    def show_here(self, here: Collection[str]) -> None:
        """Tell on each line what has to be brought first; `here`: names of networks whose weights are here."""
        for card in all_cards():
            self.setItemText(self.findData(card.name), card.title if card.name in here else _absent_line(card))

    def _add_network(self, title: str, network: str, tip: str) -> None:
        self.addItem(title, network)
        self.setItemData(self.count() - 1, tip, _TIP)

    def _add_heading(self, text: str) -> None:
        """A line that cannot be chosen."""
        self.addItem(text)
        item = self.model().item(self.count() - 1)
        item.setEnabled(False)
        font = item.font()
        font.setBold(True)
        item.setFont(font)

    def _choose(self, index: int) -> None:
        name = self.itemData(index)
        if name == _FROM_FILE:
            endings = " ".join(f"*{suffix}" for suffix in SUFFIXES)
            name, _ = QFileDialog.getOpenFileName(self, "Choose a Network", "", f"Networks ({endings});;All files (*)")
        self.setCurrentIndex(self.findData(self._network))
        if name:
            self.chosen.emit(name)


def _absent_line(card: ModelCard) -> str:
    if card.weights.package:
        return f"{card.title}  (not installed)"
    what = "download" if card.weights.url else "bring"
    return f"{card.title}  ({size_text(card.weights.size_mb * 2**20)} to {what})"


def _place(card: ModelCard) -> int:
    return list(GROUPS).index(card.group)
