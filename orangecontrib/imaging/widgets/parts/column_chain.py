"""The choice of some columns in an order: a menu each, and one more for the next."""

from __future__ import annotations

from collections.abc import Sequence

from AnyQt.QtCore import pyqtSignal as Signal
from AnyQt.QtGui import QIcon
from AnyQt.QtWidgets import QComboBox, QVBoxLayout, QWidget

_SHOWN = 20


class ColumnChain(QWidget):
    """Menus below each other; choosing in the last one adds another, up to a number of them."""

    #: the user chose (list of str: what was offered as the data of an entry, in order)
    changed = Signal(list)

    def __init__(self, name: str, end_text: str, most: int) -> None:
        """`name`: for screen readers. `end_text`: the entry that ends the chain. `most`: menus at most."""
        super().__init__()
        self._name, self._end_text, self._most = name, end_text, most
        self._offered: list[tuple[str, str, QIcon]] = []
        self.combos: list[QComboBox] = []
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(4)
        self.show_choice([], [])

    def show_choice(self, offered: Sequence[tuple[str, str, QIcon]], chosen: Sequence[str]) -> None:
        """Offer entries (data, text, icon), and show which are chosen, in order; nothing is emitted."""
        self._offered = list(offered)
        known = {data for data, _, _ in offered}
        kept = list(dict.fromkeys(one for one in chosen if one in known))[:self._most]
        wanted = min(len(kept) + 1, self._most, max(1, len(offered)))
        while len(self.combos) > wanted:
            last = self.combos.pop()
            last.hide()
            self._layout.removeWidget(last)
            last.deleteLater()
        while len(self.combos) < wanted:
            self._add_menu()
        for at, combo in enumerate(self.combos):
            self._fill(combo, kept[at] if at < len(kept) else None, set(kept[:at]))

    def _add_menu(self) -> None:
        combo = QComboBox(minimumContentsLength=_SHOWN)
        combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        combo.setAccessibleName(f"{self._name} {len(self.combos) + 1}" if self.combos else self._name)
        combo.activated.connect(self._chosen)
        self._layout.addWidget(combo)
        if self.combos:
            QWidget.setTabOrder(self.combos[-1], combo)
        self.combos.append(combo)

    def _fill(self, combo: QComboBox, chosen: str | None, taken: set[str]) -> None:
        """The end of the chain, and what was not chosen before."""
        combo.clear()
        combo.addItem(self._end_text, None)
        for data, text, icon in self._offered:
            if data not in taken:
                combo.addItem(icon, text, data)
        combo.setCurrentIndex(max(0, combo.findData(chosen)) if chosen is not None else 0)
        combo.setEnabled(combo.count() > 1)

    def _chosen(self) -> None:
        chosen = [combo.currentData() for combo in self.combos if combo.currentData() is not None]
        self.show_choice(self._offered, chosen)
        self.changed.emit(list(dict.fromkeys(chosen)))
