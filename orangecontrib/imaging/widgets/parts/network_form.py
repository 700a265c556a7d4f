"""The form of the network: which one, when to choose it, whether its weights are here, and where it runs."""

from __future__ import annotations

from collections.abc import Sequence

from AnyQt.QtWidgets import QComboBox, QFormLayout

from ...core.cards import ModelCard
from .network_lookup import Sight
from .network_menu import NetworkMenu
from .run_rows import RunRows
from .text_label import text_label
from .weights_row import WeightsRow


class NetworkForm(QFormLayout):
    """Lines of a form, the first for the image column."""

    def __init__(self, columns: QComboBox) -> None:
        super().__init__(fieldGrowthPolicy=QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self.networks = NetworkMenu()
        self.advice = text_label(lines=3, width_px=360)
        self.weights = WeightsRow()
        for label, field in (("Image column:", columns), ("Network:", self.networks), ("", self.advice),
                             ("Weights:", self.weights)):
            self.addRow(label, field)
        self.run = RunRows(self)

    def show_network(self, sight: Sight) -> None:
        """Show this network as the chosen one."""
        self.networks.fill(sight.network, not sight.reason)
        self.advice.setText(sight.card.advice if sight.card else "")

    def show_here(self, sight: Sight, cards: Sequence[ModelCard], folder: str, is_elsewhere: bool) -> None:
        """Show which weights are on this computer.

        Args:
            sight: what the disk tells.
            cards: the chosen networks.
            folder: the user's, or ``""``.
            is_elsewhere: those on this computer do not matter, for others work.
        """
        if sight.here is not None:
            self.networks.show_here(sight.here)
        if is_elsewhere:
            self.weights.show_elsewhere()
        else:
            self.weights.show_weights(cards, sight.here, folder)
