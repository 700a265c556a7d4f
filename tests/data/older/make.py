"""Save a workflow as the older add-on saves it; run by a Python that orange3-imageanalytics is installed in.

    python tests/data/older/make.py NAME.ows [FOLDER]

FOLDER holds another version of the add-on, unpacked; it is taken in place of the installed one. Orange's own canvas
classes make the widgets, and what a user would choose is chosen in them. The pictures lie in /tmp/lesson/pictures
meanwhile, so that no name of a real computer gets into the file.
"""

import os
import shutil
import sys
import time
from pathlib import Path

from PIL import Image

LESSON = Path("/tmp/lesson")
COLORS = {"red": (200, 30, 30), "blue": (30, 30, 200)}
POSITIONS = {"import": (100, 100), "embed": (250, 100), "view": (400, 100), "grid": (400, 250), "save": (550, 100)}


def write_pictures(folder):
    """Two classes of three pictures each; the shade tells them apart."""
    for name, color in COLORS.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        for number in range(3):
            picture = Image.new("RGB", (60 + 10 * number, 50), tuple(min(255, part + 25 * number) for part in color))
            picture.save(folder / name / f"{name}{number}.png")


def main(name, folder):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    import Orange.widgets.utils.webview  # noqa: F401 - before there is an application
    from AnyQt.QtWidgets import QApplication

    import orangecontrib
    if folder:
        orangecontrib.__path__ = [os.path.join(folder, "orangecontrib"), *orangecontrib.__path__]
    application = QApplication.instance() or QApplication(["canvas"])
    write_pictures(LESSON / "pictures")
    try:
        Maker(application).make(Path(name))
    finally:
        shutil.rmtree(LESSON)


def choose(combo, index):
    """As a user does."""
    combo.setCurrentIndex(index)
    combo.activated[int].emit(index)


class Maker:
    """One workflow: pictures are imported, embedded, looked at, laid out and saved."""

    def __init__(self, application):
        from importlib.metadata import entry_points

        from orangecanvas.registry import WidgetRegistry
        from orangewidget.workflow.discovery import WidgetDiscovery
        from orangewidget.workflow.widgetsscheme import WidgetsScheme
        self.application = application
        self.registry = WidgetRegistry()
        WidgetDiscovery(self.registry).run(
            [entry for entry in entry_points(group="orange.widgets") if "imageanalytics" in entry.value])
        self.scheme = WidgetsScheme()
        self.scheme.set_runtime_env("basedir", str(LESSON))
        self.scheme.signal_manager.start()
        self.nodes = {}

    def make(self, path):
        modules = {"import": "owimageimport", "embed": "owimageembedding", "view": "owimageviewer",
                   "grid": "owimagegrid", "save": "owsaveimages"}
        known = {one.qualified_name.split(".")[-2]: one for one in self.registry.widgets()}
        for key, module in modules.items():
            if module in known:
                self.nodes[key] = self.scheme.new_node(known[module], position=POSITIONS[key])
        self.choose_before()
        links = [("import", "Data", "embed", "Images"), ("embed", "Embeddings", "view", "Data"),
                 ("embed", "Embeddings", "grid", "Embeddings"), ("view", "Selected Images", "grid", "Data Subset"),
                 ("view", "Selected Images", "save", "Data")]
        for source, output, sink, entry in links:
            if source in self.nodes and sink in self.nodes:
                self.scheme.new_link(self.nodes[source], output, self.nodes[sink], entry)
        self.settle()
        self.choose_after()
        self.wait(3)
        self.scheme.sync_node_properties()
        with open(path, "wb") as file:
            self.scheme.save_to(file, pretty=True, pickle_fallback=True)

    def widget(self, key):
        return self.scheme.widget_for_node(self.nodes[key])

    def choose_before(self):
        widget = self.widget("import")
        widget.setCurrentPath(str(LESSON / "pictures"))
        widget.start()
        widget = self.widget("embed")
        names = widget.embedders
        choose(widget.cb_embedder, names.index("squeezenet"))

    def choose_after(self):
        self.choose_in_viewer(self.widget("view"))
        self.choose_in_grid(self.widget("grid"))
        save = self.widget("save")
        save.dirname, save.last_dir = "/tmp/saved", "/tmp"
        save.use_scale, save.scale_index, save.file_format_index = True, 2, 1

    def choose_in_viewer(self, view):
        """Its versions since 0.12 keep columns by name, and the chosen pictures."""
        view.controls.imageSize.setValue(160)
        by_name = hasattr(view, "title_model")
        columns = view.title_model if by_name else view.allAttrs
        choose(view.controls.title_attr if by_name else view.controls.titleAttr,
               [getattr(one, "name", "") for one in columns].index("category"))
        if by_name:
            from AnyQt.QtCore import QItemSelectionModel
            self.wait(1)
            model = view.thumbnailView.model()
            for row in (1, 4):
                view.thumbnailView.selectionModel().select(
                    model.index(row, 0), QItemSelectionModel.SelectionFlag.Select)

    def choose_in_grid(self, grid):
        choose(grid.controls.label_attr, [getattr(one, "name", "") for one in grid.label_model].index("category"))

    def settle(self):
        """Until the pictures have come everywhere."""
        until = time.monotonic() + 90
        while None in (self.widget("view").data, self.widget("grid").data) and time.monotonic() < until:
            self.wait(1)
        self.wait(2)

    def wait(self, seconds):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.application.processEvents()
            time.sleep(0.01)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "")
    sys.stdout.flush()
    os._exit(0)  # threads of old versions do not always end
