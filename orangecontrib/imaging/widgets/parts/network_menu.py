"""The menu of networks: in groups, with the size of weights that are not here, and files of the user's own."""

from __future__ import annotations

import os
from itertools import groupby

from AnyQt.QtCore import Qt
from AnyQt.QtCore import pyqtSignal as Signal
from AnyQt.QtWidgets import QComboBox, QFileDialog

from ...core.cards import GROUPS, ModelCard
from ...core.catalogue import added_networks, all_cards
from ...core.own import SUFFIXES, is_own
from ...core.space import size_text
from ...core.weights import weights_path

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

    def fill(self, network: str, models: str) -> None:
        """Offer all networks, this one chosen; `models` is a folder of weights files or ``""``. Nothing is emitted."""
        self.clear()
        self._network = network
        for group, cards in groupby(sorted(all_cards(), key=_place), key=lambda card: card.group):
            self._add_line(GROUPS[group])
            for card in cards:
                self.addItem(line_of(card, models), card.name)
                self.setItemData(self.count() - 1, card.advice, _TIP)
        for refused in added_networks().refused:
            self._add_line(f"{refused.title}: cannot be used")
            self.setItemData(self.count() - 1, f"{refused.distribution}: {refused.reason}.", _TIP)
        self._add_line(GROUPS["own"])
        if is_own(network):
            self.addItem(os.path.basename(network), network)
            self.setItemData(self.count() - 1, network, _TIP)
        self.addItem("From a file …", _FROM_FILE)
        self.setCurrentIndex(self.findData(network))

    def _add_line(self, text: str) -> None:
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


def line_of(card: ModelCard, models: str) -> str:
    """The title, and what has to be downloaded first."""
    if weights_path(card, models or None):
        return card.title
    return f"{card.title}  ({size_text(card.weights.size_mb * 2**20)} to download)"


def _place(card: ModelCard) -> int:
    return list(GROUPS).index(card.group)
