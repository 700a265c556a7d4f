"""What a widget shares that opens workflows of the older add-on, orange3-imageanalytics."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from Orange.data import DiscreteVariable, StringVariable, Table, Variable
from Orange.widgets.settings import Setting
from Orange.widgets.widget import Msg

from .chosen_folders import are_texts
from .older_settings import carry_over

PACKAGE = "orangecontrib.imageanalytics.widgets"


class FromOlder:
    """For a widget with migrations of `older_settings`.

    It goes before OWWidget among the bases, and its messages among those of the widget's.
    """

    class Warning:
        from_older = Msg("This workflow was saved with the older add-on Image Analytics. {}")

    #: {"told": sentences, "column": the place of the image column}; each is told or used once
    from_older: dict[str, Any] = Setting({}, schema_only=True)
    #: one of the functions of `older_settings`
    of_older: Callable[[Mapping[str, Any]], dict[str, Any]]
    _older_text = ""

    @classmethod
    def migrate_settings(cls, settings: dict[str, Any], version: int | None) -> None:
        """What the older add-on saved comes as if ours had saved it."""
        carry_over(settings, version, cls.of_older)

    def tell_of_older(self) -> None:
        """Say what could not be carried over; call it once the settings are there."""
        saved = self.from_older if isinstance(self.from_older, dict) else {}
        number, told = saved.get("column"), saved.get("told")
        self.from_older = {"column": number} if type(number) is int and number > 0 else {}
        self._older_text = " ".join(told) if are_texts(told) else ""
        self.Warning.from_older(self._older_text, shown=bool(self._older_text))

    def clear_messages(self) -> None:
        """As in every widget; what was said of the older workflow stays while the widget lives."""
        super().clear_messages()
        self.Warning.from_older(self._older_text, shown=bool(self._older_text))

    def older_column(self, data: Table | None, columns: Sequence[StringVariable]) -> StringVariable | None:
        """The image column that the older widget had chosen, now that there is data; None where it says nothing.

        Args:
            data: that came.
            columns: of it, which may be chosen here.
        """
        if data is None or not columns or "column" not in self.from_older:
            return None
        number = self.from_older.pop("column")
        known = {menu[number] for menu in _older_menus(data) if number < len(menu)}
        if len(known) == 1 and known <= set(columns):
            return known.pop()
        self._older_text = f"{self._older_text} The column with pictures could not be told: choose it.".strip()
        self.Warning.from_older(self._older_text)
        return None


def _older_menus(data: Table) -> Iterator[list[Variable]]:
    """The columns in its menus: texts, and since 0.7 categories too; those that say that they are pictures first.

    Which version saved a workflow is not told.
    """
    for kinds in ((StringVariable,), (StringVariable, DiscreteVariable)):
        offered = [one for one in data.domain.metas if isinstance(one, kinds)]
        yield sorted(offered, key=lambda one: one.attributes.get("type") != "image")
