"""The form of the network: which one, when to choose it, whether its weights are here, and where it runs."""

from __future__ import annotations

from collections.abc import Sequence

from AnyQt.QtCore import pyqtSignal as Signal
from AnyQt.QtWidgets import QComboBox, QFormLayout

from ...core.cards import ModelCard
from .job_texts import DEVICES
from .network_lookup import Sight
from .network_menu import NetworkMenu
from .text_label import text_label
from .weights_row import WeightsRow


class NetworkForm(QFormLayout):
    """Lines of a form, the first for the image column."""

    #: the user chose a device (str: a key of `job_texts.DEVICES`)
    device_chosen = Signal(str)

    def __init__(self, columns: QComboBox, device: str) -> None:
        super().__init__(fieldGrowthPolicy=QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self.networks = NetworkMenu()
        self.advice = text_label(lines=3, width_px=360)
        self.weights = WeightsRow()
        self.devices = QComboBox(accessibleName="Run on")
        for name, title in DEVICES.items():
            self.devices.addItem(title, name)
        self.devices.setCurrentIndex(self.devices.findData(device))
        self.devices.activated.connect(lambda: self.device_chosen.emit(self.devices.currentData()))
        for label, field in (("Image column:", columns), ("Network:", self.networks), ("", self.advice),
                             ("Weights:", self.weights), ("Run on:", self.devices)):
            self.addRow(label, field)

    def show_network(self, sight: Sight) -> None:
        """Show this network as the chosen one."""
        self.networks.fill(sight.network, not sight.reason)
        self.advice.setText(sight.card.advice if sight.card else "")

    def show_here(self, sight: Sight, cards: Sequence[ModelCard], folder: str) -> None:
        """Show which weights are on this computer; `cards` are the chosen networks, `folder` the user's, or ``""``."""
        if sight.here is not None:
            self.networks.show_here(sight.here)
        self.weights.show_weights(cards, sight.here, folder)
