"""Image Map: what it lays out, shows, sends, says and remembers."""

import os
import tempfile
import threading
from pathlib import Path
from unittest.mock import patch

import numpy as np
from AnyQt.QtCore import QPoint, QPointF, Qt
from AnyQt.QtGui import QImage, QPainter, QPalette
from AnyQt.QtSvg import QSvgRenderer
from AnyQt.QtTest import QTest
from AnyQt.QtWidgets import QSlider
from made import encoded, pixels
from Orange.data import ContinuousVariable, DiscreteVariable, Domain, StringVariable, Table
from Orange.misc import DistMatrix
from orangewidget.tests.base import WidgetTest
from PIL import Image
from slots import SLOT_S, slot_s
from slow_save import slow_save

from orangecontrib.imaging.core import projection
from orangecontrib.imaging.core.errors import Cancelled
from orangecontrib.imaging.tables.columns import image_variable
from orangecontrib.imaging.widgets import sheet_saving
from orangecontrib.imaging.widgets.jobs import mapping
from orangecontrib.imaging.widgets.jobs.mapping import chosen_layout, possible_layouts
from orangecontrib.imaging.widgets.owimagemap import OWImageMap
from orangecontrib.imaging.widgets.parts import printing
from orangecontrib.imaging.widgets.parts.layout_names import COLUMNS

LEFT, PLAIN = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


def a_table(count=40, numbers=5, images=True, seed=0, origin="/nowhere"):
    """Two groups of rows, of class a and b, with x and y as columns; the pictures are not there."""
    rng = np.random.default_rng(seed)
    values = rng.normal(0, 1, (count, numbers))
    values[count // 2:] += 9
    attributes = [ContinuousVariable(f"n{column}") for column in range(numbers)]
    for attribute in attributes:
        attribute.attributes["hidden"] = True
    kind = DiscreteVariable("kind", ("a", "b"))
    metas = [ContinuousVariable("x"), ContinuousVariable("y"), StringVariable("name")]
    cells = [[float(row), float(row % 7), f"name {row}"] for row in range(count)]
    if images:
        metas.append(image_variable("image", origin))
        cells = [[*cell, f"p{row}.png"] for row, cell in enumerate(cells)]
    return Table.from_numpy(Domain(attributes, kind, metas), values, (np.arange(count) >= count // 2).astype(float),
                            metas=np.array(cells, object).reshape(count, len(metas)))


def a_folder(count):
    folder = Path(tempfile.mkdtemp(dir=os.environ["TMPDIR"]))
    for row in range(count):
        (folder / f"p{row}.png").write_bytes(encoded(pixels(24, 30, row), "PNG"))
    return str(folder)


def between(table, axis=1):
    values = np.abs(np.subtract.outer(np.arange(len(table)), np.arange(len(table)))).astype(float)
    return DistMatrix(values, table, table, axis=axis)


class TestLayouts(WidgetTest):
    def test_layouts_are_offered_for_what_is_there(self):
        self.assertEqual(possible_layouts(True, False, 2), ["t-SNE", "UMAP", "PCA", "MDS", COLUMNS])
        self.assertEqual(possible_layouts(False, True, 1), ["t-SNE", "MDS"])
        self.assertEqual(possible_layouts(False, False, 2), [COLUMNS])
        self.assertEqual(possible_layouts(False, False, 1), [])

    def test_what_is_wanted_is_taken_where_it_can_be(self):
        everything = possible_layouts(True, True, 2)
        self.assertEqual(chosen_layout("PCA", everything, True), "PCA")
        self.assertEqual(chosen_layout("", everything, True), "MDS")
        self.assertEqual(chosen_layout("", everything, False), "t-SNE")
        self.assertEqual(chosen_layout("PCA", [COLUMNS], False), COLUMNS)
        self.assertEqual(chosen_layout("PCA", [], False), "")


class MapCase(WidgetTest):
    def setUp(self):
        self.widget = self.create_widget(OWImageMap, stored_settings={"method": "PCA"})
        self.widget.show()

    def _again(self, **settings):
        self.widget = self.create_widget(OWImageMap, stored_settings=settings)
        self.widget.show()

    def _settle(self):
        widget = self.widget
        self.process_events(lambda: widget._locating.is_idle, timeout=20_000)
        self.process_events(lambda: widget.task is None, timeout=60_000)
        self.process_events(lambda: widget.bar.is_idle)
        self.process_events()

    def _send(self, data=None, distances=None, subset=None):
        inputs = self.widget.Inputs
        self.send_signals([(inputs.data, data), (inputs.distances, distances), (inputs.subset, subset)])
        self._settle()

    def _choose_method(self, name):
        combo = self.widget.method_combo
        combo.setCurrentIndex(combo.findText(name))
        combo.activated.emit(combo.currentIndex())
        self._settle()

    @property
    def selected(self):
        return self.get_output(self.widget.Outputs.selected)

    @property
    def annotated(self):
        return self.get_output(self.widget.Outputs.annotated)


class TestImageMap(MapCase):
    def test_it_sends_all_rows_with_their_places(self):
        data = a_table()
        self._send(data)
        self.assertIsNone(self.selected)
        self.assertEqual(self.annotated.ids.tolist(), data.ids.tolist())
        self.assertEqual([column.name for column in self.annotated.domain.metas][-3:], ["map x", "map y", "Selected"])
        places = np.column_stack([self.annotated.get_column(name) for name in ("map x", "map y")])
        np.testing.assert_allclose(places, projection.project(data.X, "PCA"))

    def test_the_chosen_rows_are_sent_with_their_places(self):
        data = a_table()
        self._send(data)
        area = self.widget.area
        tiles = area.tiles()
        QTest.mouseClick(area, LEFT, PLAIN, tiles.rect(0).center())
        rows = area.scene.members(int(tiles.crowds[0]))
        self.assertEqual(self.selected.ids.tolist(), data.ids[rows].tolist())
        self.assertEqual(self.selected.get_column("map x").tolist(),
                         self.annotated.get_column("map x")[rows].tolist())
        self.assertEqual(np.flatnonzero(self.annotated.get_column("Selected")).tolist(), rows.tolist())
        self.assertEqual(self.widget.summary.text(), f"{len(rows)} of 40 pictures")

    def test_similar_rows_lie_together_by_every_method_that_needs_no_extra(self):
        self._send(a_table())
        for method in ("PCA", "MDS", "t-SNE"):
            self._choose_method(method)
            self.assertEqual(self.widget.method, method)
            places = self.widget._placed.places
            first, second = places[:20], places[20:]
            apart = np.hypot(*(first.mean(axis=0) - second.mean(axis=0)))
            self.assertGreater(apart, 2 * max(first.std(), second.std()) / 2, method)

    def test_two_columns_are_places_at_once(self):
        data = a_table()
        self._again(method=COLUMNS)
        self._send(data)
        self.assertTrue(self.widget.column_box.isVisible())
        self.assertEqual([self.widget.x_column.name, self.widget.y_column.name], ["x", "y"])
        self.assertEqual(self.annotated.get_column("map x").tolist(), list(map(float, range(40))))
        self.assertEqual(np.nanmax(self.widget.area.scene.places, axis=0).tolist(), [0.5, 0.5])

    def test_rows_without_numbers_are_left_out_and_counted(self):
        data = a_table()
        with data.unlocked():
            data.X[[3, 8], 1] = np.nan
        self._send(data)
        self.assertEqual(str(self.widget.Warning.left_out), "Left out, because numbers are missing: 2 rows.")
        self.assertEqual(np.flatnonzero(np.isnan(self.annotated.get_column("map x"))).tolist(), [3, 8])
        self.assertEqual(len(self.widget.area.scene.rows), 38)
        self._choose_method(COLUMNS)
        self.assertFalse(self.widget.Warning.left_out.is_shown())
        with data.unlocked():
            data.X[:] = np.nan
        self._choose_method("PCA")
        self.assertIn("Numbers are missing in every row", str(self.widget.Error.failed))
        self.assertIsNone(self.annotated)

    def test_distances_alone_bring_their_rows(self):
        data = a_table(numbers=0)
        self._again()
        self._send(distances=between(data))
        self.assertEqual(self.widget.method_combo.currentText(), "MDS")
        along = self.annotated.get_column("map x")
        self.assertEqual(sorted(np.argsort(along).tolist()[0:1] + np.argsort(along).tolist()[-1:]), [0, 39])
        self.assertEqual(self.annotated.ids.tolist(), data.ids.tolist())
        enabled = [self.widget.method_combo.model().item(number).isEnabled() for number in range(5)]
        self.assertEqual(enabled, [True, False, False, True, True])

    def test_distances_of_other_rows_are_refused_and_numbers_used(self):
        data = a_table()
        self._send(data, between(a_table(30)))
        self.assertIn("Data has 40 rows, but Distances are between 30", str(self.widget.Error.wrong_distances))
        self.assertEqual(len(self.annotated), 40)
        self._send(data[:30], between(data[10:]))
        self.assertIn("Distances know 20 of the 30 rows of Data", str(self.widget.Error.wrong_distances))
        self._send(data, between(data, axis=0))
        self.assertIn("between columns", str(self.widget.Error.wrong_distances))
        self._send(data)
        self.assertFalse(self.widget.Error.wrong_distances.is_shown())
        self._send(None, DistMatrix(np.zeros((3, 3))))
        self.assertIn("Connect the same table to Data", str(self.widget.Error.wrong_distances))

    def test_without_an_image_column_there_are_dots(self):
        data = a_table(images=False)
        data = data.transform(Domain(data.domain.attributes, data.domain.class_vars, data.domain.metas[:2]))
        self._send(data)
        self.assertIn("Dots are shown", str(self.widget.Information.dots_only))
        self.assertEqual(len(self.widget.area.tiles().rows), 0)
        self.assertEqual(len(self.annotated), 40)
        self.widget.area.show_tip(QPoint(2, 2), QPoint(2, 2))
        self.assertEqual(self.widget.tell_of(39), ["kind: b"])

    def test_no_data_one_row_and_no_rows_are_borne(self):
        self._send()
        self.assertIn("Connect Image Embedder", self.widget.area.message)
        self.assertIsNone(self.annotated)
        self._send(a_table(1))
        self.assertEqual(self.annotated.get_column("map x").tolist(), [0])
        self.widget.grab()
        self._send(a_table(0))
        self.assertTrue(self.widget.Warning.no_rows.is_shown())
        self.assertFalse(self.widget.Error.no_layout.is_shown())
        self.assertIsNone(self.annotated)
        self._send()
        self.assertFalse(self.widget.Warning.no_rows.is_shown())

    def test_without_numbers_it_says_what_to_connect(self):
        data = a_table(numbers=0)
        data = data.transform(Domain([], data.domain.class_vars, data.domain.metas[2:]))
        self._send(data)
        self.assertIn("Connect Image Embedder, or Distances", str(self.widget.Error.no_layout))
        self._send(a_table())
        self.assertFalse(self.widget.Error.no_layout.is_shown())

    def test_a_method_that_is_not_installed_is_one_sentence(self):
        self._send(a_table())
        with patch.object(projection, "find_spec", lambda name: None if name == "umap" else name):
            self._choose_method("UMAP")
        self.assertIn('pip install "Orange3-Imaging[umap]"', str(self.widget.Error.failed))
        self._choose_method("PCA")
        self.assertFalse(self.widget.Error.failed.is_shown())

    def test_pictures_that_cannot_be_read_are_counted_and_all_else_goes_on(self):
        self._send(a_table(4, origin=a_folder(2)))
        self.widget.side_px, self.widget.shown = 20, "Pictures"
        self.widget.on_look()
        for _ in range(4):
            self.widget.area.zoom(1.3)
            self.process_events(lambda: not self.widget.area._asking.isActive() and self.widget.thumbnails.is_idle)
            self.widget.area.show_all()
        paths = self.widget._items.paths
        self.widget.thumbnails.request(paths, 96)
        self.process_events(lambda: self.widget.thumbnails.is_idle)
        self.assertIn("2 pictures could not be read", str(self.widget.Warning.unreadable))
        self.widget.grab()

    def test_colors_and_legend_follow_the_chosen_column(self):
        data = a_table()
        self._send(data)
        colors = self.widget.area.scene.points.colors
        self.assertEqual(len(np.unique(colors, axis=0)), 2)
        self.assertEqual(colors[0, :3].tolist(), list(data.domain.class_var.palette.qcolors[0].getRgb()[:3]))
        self.assertEqual([name for name, _ in self.widget.legend.entries], ["a", "b"])
        self.widget.color_column = data.domain["x"]
        self.widget.on_colors()
        self.assertEqual(self.widget.legend.title, "x")
        self.assertEqual(len(self.widget.legend.entries), 5)
        self.widget.color_column = None
        self.widget.on_colors()
        self.assertFalse(self.widget.legend.isVisible())
        self.assertEqual(self.widget.area.scene.points.colors[:, 3].max(), 0)

    def test_other_colors_and_a_subset_keep_what_is_looked_at(self):
        data = a_table()
        self._send(data)
        self.widget.area.zoom(5)
        axes = self.widget.area.axes
        self.send_signal(self.widget.Inputs.subset, data[:3])
        self.widget.on_colors()
        self.assertEqual(self.widget.area.axes, axes)
        self.assertEqual(np.flatnonzero(self.widget.area.scene.points.subset).tolist(), [0, 1, 2])
        self.send_signal(self.widget.Inputs.subset, a_table(3))
        self.assertTrue(self.widget.Warning.foreign_subset.is_shown())
        self.assertIsNone(self.widget.area.scene.points.subset)
        self.send_signal(self.widget.Inputs.subset, None)
        self.assertFalse(self.widget.Warning.foreign_subset.is_shown())

    def test_size_and_opacity_are_of_pictures_and_of_dots(self):
        folder = Path(tempfile.mkdtemp(dir=os.environ["TMPDIR"]))
        for row in range(2):
            Image.new("RGB", (200, 200), (200, 60, 0)).save(folder / f"p{row}.png")
        self._send(a_table(2, origin=str(folder)))
        ground = self.widget.area.palette().color(QPalette.ColorRole.Base).getRgb()[:3]
        kind = self.widget.area.scene.points.colors[0, :3].tolist()
        for side_px, percent in ((60, 100), (100, 40)):
            for slider in self.widget.controlArea.findChildren(QSlider):
                slider.setValue({"Size": side_px, "Opacity": percent}[slider.accessibleName()])
            self._show("Pictures")
            self.assertEqual(self.widget.area.tiles().side_px, side_px)
            self._compare(self.widget.area.tiles().rect(0).center(), ground, (200, 60, 0), percent / 100)
            self._show("Dots")
            x, y = self.widget.area.axes.to_window(self.widget.area.scene.places)[0]
            for away, share in ((0.7, percent / 100), (1.5, 0)):  # of a dot's radius
                self._compare(QPoint(int(x + away * side_px / 10), int(y)), ground, kind, share)

    def _show(self, shown):
        self.widget.shown = shown
        self.widget.on_look()
        self.widget.area.grab()
        self.process_events(lambda: not self.widget.area._asking.isActive() and self.widget.thumbnails.is_idle)
        self.process_events()

    def _compare(self, at, ground, color, share):
        seen = self.widget.area.grab().toImage().pixelColor(at).getRgb()[:3]
        np.testing.assert_allclose(seen, np.multiply(ground, 1 - share) + np.multiply(color, share), atol=3)

    def test_a_tip_tells_the_chosen_columns(self):
        data = a_table()
        self._send(data)
        self.widget.tip_columns = [data.domain["x"], data.domain["name"]]
        self.assertEqual(self.widget.tell_of(3), ["x: 3", "name: name 3", "kind: a"])
        self.assertEqual(self.widget._items[3].caption, "name 3")
        self.widget.caption_column = None
        self.assertEqual(self.widget._items[3].caption, "p3.png")

    def test_a_double_click_shows_the_picture_in_a_window(self):
        self._send(a_table())
        area = self.widget.area
        tiles = area.tiles()
        QTest.mouseDClick(area, LEFT, PLAIN, tiles.rect(0).center())
        self.assertTrue(self.widget.window_of_one.isVisible())
        self.assertIn(f"{tiles.rows[0] + 1} of 40", self.widget.window_of_one.windowTitle())

    def test_buttons_choose_what_dragging_does(self):
        self._send(a_table())
        tools, area = self.widget.tools, self.widget.area
        QTest.mouseClick(tools.modes.button(2), LEFT)
        self.assertEqual((self.widget.drag_mode, area._mode), ("Lasso", "Lasso"))
        QTest.mouseClick(tools.nearer, LEFT)
        self.assertFalse(area.axes == area._fitting)
        QTest.mouseClick(tools.all, LEFT)
        self.assertEqual(area.axes, area._fitting)

    def test_tips_of_the_buttons_say_what_ctrl_does(self):
        for number in (1, 2):
            self.assertIn("With Shift add to the selection; with Ctrl add too, or take away where all are selected.",
                          self.widget.tools.modes.button(number).toolTip())

    def test_tips_of_the_layouts_say_what_each_does(self):
        combo = self.widget.method_combo
        tips = [combo.itemData(number, Qt.ItemDataRole.ToolTipRole) for number in range(combo.count())]
        self.assertEqual(tips[1], "As t-SNE, with tighter groups and wider gaps between them; an extra to install.")
        self.assertEqual(
            tips[3], "Distances on the map follow how different the pictures are, as well as two dimensions allow.")

    def test_the_window_of_one_closes_as_soon_as_other_data_comes(self):
        self._send(a_table(6))
        self.widget.window_of_one.show_row(5)
        self.assertTrue(self.widget.window_of_one.isVisible())
        self.send_signal(self.widget.Inputs.data, a_table(2))
        self.assertFalse(self.widget.window_of_one.isVisible())
        self.assertEqual(len(self.widget.window_of_one._items), 0)
        self._settle()

    def test_the_legend_covers_no_picture_of_the_whole_map(self):
        self.widget.resize(900, 700)
        self._send(a_table(40))
        self.assertTrue(self.widget.legend.isVisible())
        self.assertGreater(self.widget.area.tiles().corners[:, 0].min(), self.widget.legend.geometry().right())
        with_legend = self.widget.area.axes.x
        self.widget.color_column = None
        self.widget.on_colors()
        self.assertEqual(self.widget.area.axes.x, 0)
        self.assertLess(with_legend, 0)

    def test_a_report_shows_the_map(self):
        self.widget.send_report()
        self._send(a_table())
        self.widget.send_report()
        self.assertIn("data:image/png", self.widget.report_html)
        self.assertIn("PCA", self.widget.report_html)

    def test_one_number_among_the_metas_and_many_attributes_can_be_laid_out_and_come_again(self):
        table = a_table()
        domain = Domain([ContinuousVariable(f"seen{number}") for number in range(3)], table.domain.class_var,
                        [meta for meta in table.domain.metas if meta.name != "y"])
        made = Table.from_numpy(domain, table.X[:, :3], table.Y, np.delete(table.metas, 1, axis=1))
        for _ in range(2):
            self.send_signal(self.widget.Inputs.data, made)
        self.assertEqual((self.widget.x_column.name, self.widget.y_column.name), ("x", "seen0"))


class TestSaving(MapCase):
    def setUp(self):
        super().setUp()
        self.folder = Path(tempfile.mkdtemp(dir=os.environ["TMPDIR"]))

    def _save(self, path):
        with patch.object(sheet_saving, "ask_where", return_value=path):
            self.widget.save_graph()
        self._settle()

    def test_what_is_in_sight_is_saved_for_print(self):
        self._send(a_table(6, origin=a_folder(6)))
        self.widget.resize(900, 700)
        for suffix in (".png", ".pdf", ".svg"):
            path = self.folder / f"map{suffix}"
            self._save(path)
            self.assertEqual(str(self.widget.Information.saved), f"{path} is saved.")
        data = (self.folder / "map.pdf").read_bytes()
        self.assertEqual(data.count(b"/Subtype /Image"), len(self.widget.area.tiles().rows))
        with Image.open(self.folder / "map.png") as image:
            self.assertGreater(max(image.size), 2000)
        self.assertEqual(len(self.annotated), 6)

    def test_a_saved_drawing_shows_pictures_in_their_frames(self):
        self._send(a_table(6, origin=a_folder(6)))
        self._save(self.folder / "map.svg")
        drawing, sheet = self._drawn(self.folder / "map.svg"), self.widget.printed_sheet()
        scale = printing._sizes(sheet)[1].width() / sheet.width
        aside = (drawing.width() - sheet.width * scale) / 2
        self.assertEqual(len({picture.frame for picture in sheet.pictures}), 2)
        for picture in sheet.pictures:
            left, top, width, height = picture.place
            on_frame = QPointF(left - picture.frame_width / 2, top + height / 2) * scale + QPointF(aside, 0)
            self.assertEqual(drawing.pixelColor(on_frame.toPoint()).getRgb()[:3], picture.frame)
            middle = QPointF(left + width / 2, top + height / 2) * scale + QPointF(aside, 0)
            self.assertNotIn(drawing.pixelColor(middle.toPoint()).getRgb()[:3], (picture.frame, (255, 255, 255)))

    def _drawn(self, path):
        renderer = QSvgRenderer(str(path))
        self.assertTrue(renderer.isValid())
        image = QImage(renderer.viewBox().size(), QImage.Format.Format_RGB32)
        image.fill(Qt.GlobalColor.black)
        painter = QPainter(image)
        renderer.render(painter)
        painter.end()
        return image

    def test_pictures_that_could_not_be_read_are_counted(self):
        self._send(a_table(4, origin=a_folder(0)))
        self._save(self.folder / "map.png")
        count = len(self.widget.area.tiles().rows)
        self.assertIn(f"{count} picture", str(self.widget.Information.saved))
        self.assertIn("could not be read", str(self.widget.Information.saved))

    def test_a_place_that_cannot_be_written_is_said_and_the_map_stays(self):
        self._send(a_table(6, origin=a_folder(6)))
        self._save(self.folder / "missing" / "map.png")
        self.assertIn("map.png", str(self.widget.Error.not_saved))
        self.assertEqual(len(self.annotated), 6)
        self._save(self.folder / "map.png")
        self.assertFalse(self.widget.Error.not_saved.is_shown())

    def test_a_save_that_other_data_or_another_layout_breaks_off_is_named(self):
        path = self.folder / "map.png"
        for change in (lambda: self.send_signal(self.widget.Inputs.data, a_table(5)),
                       lambda: self._choose_method(COLUMNS)):
            self._choose_method("PCA")
            self._send(a_table(6))
            with slow_save(self.widget, path):
                change()
            self._settle()
            self.assertIn("map.png is not saved", str(self.widget.Warning.broken_off))
            self.assertFalse(path.exists())

    def test_a_save_that_the_user_stops_needs_no_warning_and_the_map_stays(self):
        self._send(a_table(6))
        with slow_save(self.widget, self.folder / "map.png"):
            QTest.mouseClick(self.widget.stop_button, LEFT)
        self.assertFalse((self.folder / "map.png").exists())
        self.assertFalse(self.widget.Warning.broken_off.is_shown())
        self.assertFalse(self.widget.Information.stopped.is_shown())

    def test_without_a_map_there_is_nothing_to_save_and_a_closed_dialog_saves_nothing(self):
        self._save(self.folder / "map.png")
        self.assertTrue(self.widget.Warning.not_finished.is_shown())
        self.assertFalse((self.folder / "map.png").exists())
        self._send(a_table(4))
        self.assertFalse(self.widget.Warning.not_finished.is_shown())
        self._save(None)
        self.assertIsNone(self.widget.task)
        self.assertFalse(self.widget.Information.saved.is_shown())


class TestWhatIsKept(MapCase):
    def test_a_selection_returns_with_the_same_rows_and_after_reopening(self):
        data = a_table()
        self._send(data)
        self.widget.area.select([3, 5])
        self.widget._on_selection()
        self._send(a_table(30, origin="/else"))
        self.assertIsNone(self.selected)
        self._send(data)
        self.assertEqual(self.selected.ids.tolist(), data.ids[[3, 5]].tolist())
        self._again(**self.widget.settingsHandler.pack_data(self.widget))
        self._send(data)
        self.assertEqual(self.selected.ids.tolist(), data.ids[[3, 5]].tolist())
        self._choose_method("MDS")
        self.assertEqual(self.selected.ids.tolist(), data.ids[[3, 5]].tolist())

    def test_choices_return_by_their_names(self):
        data = a_table()
        self._send(data)
        self.widget.x_column, self.widget.color_column = data.domain["y"], data.domain["x"]
        self.widget.tip_columns = [data.domain["name"]]
        self._choose_method(COLUMNS)
        QTest.mouseClick(self.widget.tools.modes.button(1), LEFT)
        settings = self.widget.settingsHandler.pack_data(self.widget)
        self.assertEqual((settings["method"], settings["drag_mode"], settings["shown"]),
                         (COLUMNS, "Rectangle", "Both"))
        self._again(**settings)
        self._send(data)
        self.assertEqual([self.widget.x_column.name, self.widget.color_column.name], ["y", "x"])
        self.assertEqual([column.name for column in self.widget.tip_columns], ["name"])
        self.assertEqual(self.widget._method, COLUMNS)
        self.assertTrue(self.widget.tools.modes.button(1).isChecked())

    def test_a_selection_that_cannot_be_is_forgotten(self):
        for nonsense in ([1], {"of": ""}, {"rows": 3}, None):
            self._again(saved_selection=nonsense)
            self._send(a_table())
            self.assertEqual(self.widget.saved_selection, {})

    def test_nonsense_in_settings_is_replaced(self):
        nonsense = {"method": 7, "shown": "Rainbow", "side_px": "large", "opacity_percent": 10_000, "drag_mode": None,
                    "saved_selection": {"rows": [1], "of": None}, "places": 3}
        self._again(**nonsense)
        widget = self.widget
        self.assertEqual((widget.method, widget.shown, widget.side_px, widget.opacity_percent, widget.drag_mode),
                         ("", "Both", 48, 100, "Move"))
        self._send(a_table())
        self.assertEqual(widget._method, "t-SNE")


class TestJobs(MapCase):
    def _slow(self):
        """A layout that tells a part, then waits until it is let go, or given up."""
        self.go, self.begun = threading.Event(), threading.Event()

        def project(vectors, method, *, on_progress, cancelled):
            on_progress(0.4, np.column_stack([np.arange(len(vectors)), np.zeros(len(vectors))]))
            self.begun.set()
            while not self.go.wait(0.01):
                if cancelled():
                    raise Cancelled("Stopped.")
            return np.column_stack([np.zeros(len(vectors)), np.arange(len(vectors))])

        return patch.object(mapping, "project", project)

    def _begin(self, data):
        self.send_signal(self.widget.Inputs.data, data)
        self.process_events(lambda: self.begun.is_set(), timeout=20_000)
        self.process_events(lambda: self.widget._placed is not None)

    def test_a_layout_is_shown_while_it_becomes(self):
        with self._slow():
            self._begin(a_table())
            self.assertEqual(np.ptp(self.widget.area.scene.places, axis=0).tolist(), [1, 0])
            self.assertTrue(self.widget.stop_button.isEnabled())
            self.assertAlmostEqual(self.widget.progressBarValue, 40)
            self.assertTrue(self.widget.isInvalidated())
            self.go.set()
            self._settle()
        self.assertEqual(np.ptp(self.widget.area.scene.places, axis=0).tolist(), [0, 1])
        self.assertFalse(self.widget.stop_button.isEnabled())
        self.assertEqual(self.annotated.get_column("map y").tolist(), list(range(40)))

    def test_a_stopped_layout_stays_where_it_is_and_can_begin_anew(self):
        with self._slow():
            self._begin(a_table())
            QTest.mouseClick(self.widget.stop_button, LEFT)
            self.assertTrue(self.widget.Information.stopped.is_shown())
            self.assertEqual(self.annotated.get_column("map x").tolist(), list(range(40)))
            self.assertEqual(self.widget.stop_button.text(), "Lay Out Again")
            self.go.set()
            QTest.mouseClick(self.widget.stop_button, LEFT)
            self._settle()
        self.assertFalse(self.widget.Information.stopped.is_shown())
        self.assertEqual(self.annotated.get_column("map y").tolist(), list(range(40)))
        self.assertEqual(self.widget.stop_button.text(), "Cancel")

    def test_other_data_while_it_runs_takes_its_place(self):
        with self._slow():
            self._begin(a_table())
            first = self.widget.task
            other = a_table(25, seed=1)
            self.send_signal(self.widget.Inputs.data, other)
            self.go.set()
            self._settle()
            self.assertTrue(first.is_interruption_requested())
        self.assertEqual(self.annotated.ids.tolist(), other.ids.tolist())
        self.assertEqual(len(self.widget.area.scene.places), 25)

    def test_no_data_while_it_runs_leaves_nothing(self):
        with self._slow():
            self._begin(a_table())
            self.send_signal(self.widget.Inputs.data, None)
            self.go.set()
            self._settle()
        self.assertIsNone(self.annotated)
        self.assertEqual(len(self.widget.area.scene.places), 0)

    def test_removing_the_widget_while_it_runs_ends_the_job(self):
        with self._slow():
            self._begin(a_table())
            task = self.widget.task
            self.widget.onDeleteWidget()
            self.assertTrue(task.is_interruption_requested())
            self.go.set()

    def test_other_colors_start_no_layout(self):
        self._send(a_table())
        with self._slow():
            self.widget.color_column = None
            self.widget.on_colors()
            self.send_signal(self.widget.Inputs.subset, self.widget._table[:2])
            self.widget.on_look()
            self.assertFalse(self.begun.is_set())
            self.assertIsNone(self.widget.task)

    def test_50_000_rows_hold_up_the_window_for_less_than_a_slot(self):
        data = a_table(50_000, numbers=3)
        self._again(method=COLUMNS)
        widget = self.widget
        widget.resize(1200, 800)
        widget.auto_commit = False
        found = {}

        def timed(name, slot):
            found[name] = min(found.get(name, 9), slot_s(slot))

        for _ in range(6):
            widget.set_data(data)
            timed("inputs", widget.handleNewSignals)
            self.process_events(lambda: widget._locating._answer.done(), timeout=20_000)
            timed("located", widget._locating._collect)
            self._settle()
            timed("drawn", widget.area.grab)
            timed("other colors", widget.on_colors)
            timed("drawn again", widget.area.grab)
            timed("all chosen", lambda: QTest.keyClick(widget.area, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier))
            timed("drawn chosen", widget.area.grab)
        self.assertEqual({name: seconds for name, seconds in found.items() if seconds > SLOT_S}, {})
