"""What a built package of another language does, run as a program: ``python -P translated.py PACKAGE LANGUAGE OUT``.

Every widget is made, its settings of another run are restored and written, and the tutorial is run; OUT gets
``settings.json``, ``said.json`` (what widgets show) and the tables of the tutorial.
"""

import json
import os
import sys
from importlib import import_module
from pathlib import Path

package, wanted, out = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
# The checkout is installed in editable form; what was built is to be found instead.
sys.meta_path[:] = [one for one in sys.meta_path if "editable" not in repr(one)]
sys.path_hooks[:] = [one for one in sys.path_hooks if "editable" not in repr(one)]
sys.path[:0] = [str(package), str(Path(__file__).parent)]

from AnyQt.QtCore import QSettings  # noqa: E402 - after the paths

orange = QSettings(QSettings.Format.IniFormat, QSettings.Scope.UserScope, "biolab.si", "Orange")
orange.setValue("application/language", wanted)
orange.sync()

from AnyQt.QtWidgets import QAbstractButton, QComboBox, QLabel  # noqa: E402 - after the language is set
from orangewidget.tests.base import WidgetTest  # noqa: E402

WIDGETS = {"owimportimages": "OWImportImages", "owimageviewer": "OWImageViewer", "owimageembedder": "OWImageEmbedder",
           "owimagegrid": "OWImageGrid", "owimagemap": "OWImageMap", "owsaveimages": "OWSaveImages",
           "owgroupfolds": "OWGroupFolds", "owopenembeddings": "OWOpenEmbeddings"}


class Maker(WidgetTest):
    def runTest(self):  # noqa: N802 - unittest's own name
        """Only made for its `create_widget`."""


def plain(settings):
    """The settings of a widget that are literals; the window's place is not asked for."""
    return {name: value for name, value in sorted(settings.items())
            if "geometry" not in name.lower() and isinstance(value, str | int | float | bool | list | dict | None)}


def shown(widget):
    """All texts of labels, buttons and menus."""
    texts = [part.text() for kind in (QLabel, QAbstractButton) for part in widget.findChildren(kind)]
    return texts + [combo.itemText(row) for combo in widget.findChildren(QComboBox) for row in range(combo.count())]


def said_of_shards(maker, widget):
    """What Open Embeddings tells of a folder of shards, one of which is missing."""
    from opened_shards import make_shards, names_of  # our engine's texts are read after the language is set
    widget.choose(make_shards(out / "shards", names_of(10), skipped=[3], left_out=[2]))
    maker.process_events(lambda: widget.task is None, timeout=20_000)
    messages = [one.formatted for group in (widget.Error, widget.Warning) for one in group.active]
    return [*messages, *(value for _, value in widget.contents.items), widget.rows_form.memory.text()]


def main():
    Maker.setUpClass()
    maker = Maker()
    maker.setUp()
    before = json.loads(Path(sys.argv[4]).read_text(encoding="utf-8")) if len(sys.argv) > 4 else {}
    settings, said = {}, {}
    for module, name in WIDGETS.items():
        kind = getattr(import_module(f"orangecontrib.imaging.widgets.{module}"), name)
        assert Path(sys.modules[kind.__module__].__file__).is_relative_to(package), kind
        widget = maker.create_widget(kind, stored_settings=before.get(name))
        settings[name] = plain(widget.settingsHandler.pack_data(widget))
        said[name] = [kind.name, *shown(widget)]
        if name == "OWOpenEmbeddings":
            said[name] += said_of_shards(maker, widget)
    maker.tearDown()
    out.mkdir(parents=True, exist_ok=True)
    (out / "settings.json").write_text(json.dumps(settings, default=str), encoding="utf-8")
    (out / "said.json").write_text(json.dumps(said), encoding="utf-8")


if __name__ == "__main__":
    main()
    from orangecontrib.imaging.workflow import run_workflow

    run_workflow(Path(__file__).parent.parent / "tutorials" / "explore.ows", out=out / "tables")
    sys.stdout.flush()
    os._exit(0)  # Qt's own tidying is no part of this
