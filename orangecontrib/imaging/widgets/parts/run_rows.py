"""The lines of a form that say where a network runs: on which device of this computer, or on which cluster."""

from __future__ import annotations

from AnyQt.QtCore import QObject
from AnyQt.QtCore import pyqtSignal as Signal
from AnyQt.QtWidgets import QComboBox, QFormLayout, QHBoxLayout, QLineEdit, QPushButton, QStackedWidget, QWidget

from .job_texts import DEVICES, PLACES
from .text_label import buddy_label

_HINT = "tcp://HOST:PORT or tls://HOST:PORT"
_ADDRESS_TIP = ("The address of the cluster's scheduler, as it tells when it starts, such as tcp://10.0.0.5:8786. "
                "Its workers must see the pictures under the same paths as this computer.")
_CONNECT_TIP = ("The cluster is told where the pictures lie, and this computer runs what it sends back: "
                "connect only to one that you trust.")


class RunRows(QObject):
    """A line for the place, and one for what is to be said of it."""

    #: the user chose a place (str: a key of `job_texts.PLACES`)
    place_chosen = Signal(str)
    #: the user chose a device (str: a key of `job_texts.DEVICES`)
    device_chosen = Signal(str)
    #: the user gave a scheduler's address (str), and did not say that it may be called
    address_given = Signal(str)
    #: the user wants to use this scheduler (str: its address)
    connect_pressed = Signal(str)

    def __init__(self, form: QFormLayout) -> None:
        """Add the lines to a form."""
        super().__init__(form)
        self._agreed = ""
        self.places = _combo(PLACES, "Run on")
        self.devices = _combo(DEVICES, "Device")
        self.address = QLineEdit(placeholderText=_HINT, accessibleName="Scheduler", toolTip=_ADDRESS_TIP)
        self.connect_button = QPushButton("Connect", autoDefault=False, toolTip=_CONNECT_TIP)
        cluster = QWidget()
        line = QHBoxLayout(cluster)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(self.address, 1)
        line.addWidget(self.connect_button)
        # one line for both: of a line that is hidden, a form keeps the space around it
        self._line = (_stack(buddy_label("Device:", self.devices), buddy_label("Scheduler:", self.address)),
                      _stack(self.devices, cluster))
        form.addRow("Run on:", self.places)
        form.addRow(*self._line)
        self.places.activated.connect(lambda: self.place_chosen.emit(self.places.currentData()))
        self.devices.activated.connect(lambda: self.device_chosen.emit(self.devices.currentData()))
        self.address.textEdited.connect(self._show_button)
        self.address.editingFinished.connect(lambda: self.address_given.emit(self._text()))
        self.address.returnPressed.connect(self._connect)
        self.connect_button.clicked.connect(self._connect)

    def show_choice(self, place: str, device: str, address: str) -> None:
        """Show what is chosen; nothing is emitted."""
        self.places.setCurrentIndex(self.places.findData(place))
        self.devices.setCurrentIndex(self.devices.findData(device))
        self.address.setText(address)
        for stack in self._line:
            stack.setCurrentIndex(list(PLACES).index(place))
        self._show_button()

    def show_agreed(self, address: str) -> None:
        """The user agreed to this scheduler; ``""``: to none."""
        self._agreed = address
        self._show_button()

    def _show_button(self) -> None:
        self.connect_button.setEnabled(self._text() not in ("", self._agreed))

    def _connect(self) -> None:
        if self.connect_button.isEnabled():
            self.connect_pressed.emit(self._text())

    def _text(self) -> str:
        return str(self.address.text()).strip()


def _stack(*pages: QWidget) -> QStackedWidget:
    """One for each of `job_texts.PLACES`."""
    stack = QStackedWidget()
    for page in pages:
        stack.addWidget(page)
    stack.setSizePolicy(pages[0].sizePolicy())
    return stack


def _combo(choices: dict[str, str], name: str) -> QComboBox:
    combo = QComboBox(accessibleName=name)
    for key, title in choices.items():
        combo.addItem(title, key)
    return combo
