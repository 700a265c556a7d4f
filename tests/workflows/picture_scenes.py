"""What is done with pictures in the canvas: labels, full view, grid, map, files. A scene reports; the tests compare."""

from pathlib import Path

import numpy as np
from AnyQt.QtCore import QPoint, QPointF, Qt
from AnyQt.QtGui import QPolygonF
from AnyQt.QtTest import QTest
from AnyQt.QtWidgets import QApplication
from canvas_driver import drag, turn_wheel

LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


def label(canvas, _):
    """Search, draw rubber bands and press digits; what is found, chosen, and sent on as a class?"""
    canvas.photograph_workflow("label-workflow")
    viewer = canvas.open_widget("Image Viewer", (1020, 720))
    grid, palette = viewer.grid, viewer.palette_of_labels
    QTest.keyClick(grid, "s")
    QTest.keyClicks(viewer.search.line, "n_01")
    canvas.wait_until(lambda: 0 < len(grid.arrangement.order) < len(grid.items), 40)
    canvas.photograph("label-search", viewer)
    found = {"found": captions(grid, grid.arrangement.order)}
    QTest.keyClick(viewer.search.line, Qt.Key.Key_Escape)
    canvas.wait_until(lambda: len(grid.arrangement.order) == len(grid.items), 40)
    QTest.mouseClick(viewer.label_button, LEFT)
    for name in ("clear", "blurred", "unsure"):
        QTest.mouseClick(palette.add_button, LEFT)
        QTest.keyClicks(QApplication.focusWidget(), name)
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    canvas.wait(0.3)
    across = grid.grid.columns
    corners = (0, across - 1), (across, across + 1), (2 * across, 2 * across)
    bands = [touch(canvas, viewer, rows, str(key)) for key, rows in enumerate(corners, 1)]
    canvas.wait_until_done()
    canvas.photograph("label-viewer", viewer, "image-viewer")
    sent = canvas.widget("Labeled")._given
    return {**found, "bands": bands, "said": palette.state.text(), "column": sent.domain.class_var.name,
            "sent": sorted([Path(str(row["image"])).stem, str(row[sent.domain.class_var])] for row in sent)}


def touch(canvas, viewer, rows, key):
    """Draw a rubber band from the middle of one picture to that of another, and press a key; what was chosen?"""
    grid = viewer.grid
    first, last = (grid.cell_rect(row).center() for row in rows)
    beside = QPoint(grid.cell_rect(rows[0]).left() + 1, grid.cell_rect(rows[0]).top() + 1)
    drag(grid.viewport(), [beside, first, last + QPoint(2, 2)],
         during=lambda: canvas.photograph(f"label-band-{key}", viewer))
    QTest.keyClick(grid, key)
    return captions(grid, grid.selection.numbers)


def look_closely(canvas, _):
    """Frame and group pictures, open one, go on, zoom, and point at a pixel; what is said?"""
    viewer = canvas.open_widget("Image Viewer", (1020, 720))
    choose(viewer.controls.group_column, "category")
    canvas.wait_until(lambda: len(viewer.grid.arrangement.groups) > 1, 40)
    canvas.photograph("viewer-groups", viewer)
    grid, window = viewer.grid, viewer.window_of_one
    QTest.mouseDClick(grid.viewport(), LEFT, NONE, grid.cell_rect(0).center())
    QTest.keyClick(window, Qt.Key.Key_Right)
    canvas.wait_until(lambda: window.planes is not None and window.panes[0].is_idle, 40)
    view = window.panes[0].view
    fitted = view.percent
    turn_wheel(view, view.rect().center(), 3)
    canvas.wait(0.3)
    nearer = view.percent
    QTest.keyClick(window, Qt.Key.Key_0)
    QTest.keyClick(window, Qt.Key.Key_A)
    canvas.wait(0.3)
    at = view.point_of(100.5, 60.5).toPoint()
    drag(view, [at, at])
    canvas.photograph("full-view", window)
    return {"title": window.windowTitle(), "fitted": fitted, "nearer": nearer, "value": window.values.text(),
            "path": grid.items[window.row].path,
            "groups": [[group.title, group.count] for group in grid.arrangement.groups]}


def lay_out_grid(canvas, _):
    """Choose two groups in a grid of pictures; what stands where, and what is sent?"""
    widget = canvas.open_widget("Image Grid", (1020, 720))
    area = widget.area
    canvas.wait_until(lambda: widget._layout is not None and widget.thumbnails.is_idle, 40)
    canvas.wait(1.0)  # a window of another shape has other cells
    canvas.wait_until_done()
    rows, columns = widget._grid.shape
    cells = [area.cell_of(row) for row in range(len(area.items))]
    corners = ((0, 0, 1, 2), NONE), ((rows - 2, columns - 3, rows - 1, columns - 2), SHIFT)
    for (top, left, bottom, right), keys in corners:
        first, last = area.row_of(top * columns + left), area.row_of(bottom * columns + right)
        drag(area.viewport(), [area.cell_rect(first).center(), area.cell_rect(last).center()], keys)
    canvas.wait_until_done()
    canvas.photograph("grid", widget, "image-grid")
    canvas.open_widget("Image Viewer", (760, 540))
    sent = canvas.widget("Image Viewer")._given
    return {"shape": [rows, columns], "cells": cells, "names": [Path(item.path).stem for item in area.items],
            "categories": [str(row.get_class()) for row in widget._given],
            "sent": sorted([Path(str(row["image"])).stem, str(row["Group"])] for row in sent)}


def explore_map(canvas, name):
    """Turn the wheel over a map, and draw a lasso; what lies inside, and what is sent?"""
    widget = canvas.open_widget("Image Map", (1020, 720))
    area = widget.area
    canvas.wait_until(lambda: widget._placed is not None and widget.task is None and widget.thumbnails.is_idle, 40)
    canvas.wait(1.0)
    canvas.photograph(f"{name}map-whole", widget)
    at = area.axes.to_window(area.scene.places[:1])[0]
    before = area.axes.scale
    turn_wheel(area, QPoint(*map(round, at)), 4)
    nearer, moved = area.axes.scale / before, area.axes.to_window(area.scene.places[:1])[0] - at
    canvas.wait(1.0)
    canvas.photograph(f"{name}map-near", widget)
    QTest.keyClick(area, Qt.Key.Key_0)
    QTest.mouseClick(widget.tools.modes.button(2), LEFT)
    loop = around(area)
    drag(area, loop, during=lambda: canvas.photograph(f"{name}map-lasso", widget))
    canvas.wait_until_done()
    canvas.photograph(f"{name}map", widget, "image-map")
    outline = QPolygonF([QPointF(point) for point in loop])
    places = [QPointF(*place) for place in area.axes.to_window(area.scene.places)]
    inside = [Path(item.path).stem for item, place in zip(area.items, places)
              if outline.containsPoint(place, Qt.FillRule.OddEvenFill)]
    viewer = canvas.open_widget("Image Viewer", (760, 540))
    canvas.photograph(f"{name}map-viewer", viewer)
    return {"nearer": nearer, "moved": moved.tolist(), "inside": sorted(inside), "count": len(area.items),
            "sent": sorted(Path(item.path).stem for item in viewer.grid.items),
            "columns": [column.name for column in viewer._given.domain.metas]}


def around(area):
    """Places of a lasso around the picture in the thick of the map, with about a tenth of all inside."""
    points = area.axes.to_window(area.scene.places)
    apart = np.linalg.norm(points[:, None] - points, axis=2)
    reach = np.sort(apart, axis=1)[:, len(points) // 10]
    middle, radius = points[reach.argmin()], max(30.0, reach.min())
    turns = np.linspace(0, 2 * np.pi, 40)
    circle = middle + radius * (1 + 0.15 * np.sin(3 * turns))[:, None] * np.column_stack([np.cos(turns), np.sin(turns)])
    return [QPoint(*map(round, one)) for one in circle.clip((2, 2), (area.width() - 3, area.height() - 3))]


def save(canvas, _):
    """Press Save; what does the table say of what was written?"""
    widget = canvas.open_widget("Save Images", (900, 600))
    canvas.wait_until(widget._save_button.isEnabled, 40)
    canvas.photograph("save", widget, "save-images")
    QTest.mouseClick(widget._save_button, LEFT)
    canvas.wait_until(lambda: widget._last is not None, 40)
    canvas.wait_until_done()
    canvas.photograph("save-done", widget)
    written = canvas.widget("Image Viewer")._given
    column = written.domain["saved as"]
    return {"paths": list(map(str, written.get_column(column))), "origin": column.attributes["origin"],
            "errors": list(map(str, widget.Error.active)), "classes": [str(row.get_class()) for row in written]}


def open_embeddings(canvas, _):
    """Open Embeddings, choose a sample in proportion by plate, and all of it in the map; what does the viewer show?"""
    canvas.photograph_workflow("open-workflow")
    widget = canvas.open_widget("Open Embeddings", (460, 620))
    form = widget.rows_form
    whole = len(widget._loaded.table)
    form.count.setValue(80)
    choose(form.columns, "plate")
    QTest.mouseClick(form.ways["stratified"], LEFT)
    canvas.wait(0.3)
    canvas.wait_until_done()
    canvas.photograph("open", widget, "open-embeddings")
    places = canvas.open_widget("Image Map", (760, 540))
    canvas.wait_until(lambda: places._placed is not None and places.task is None, 40)
    QTest.keyClick(places.area, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    viewer = canvas.open_widget("Image Viewer", (760, 540))
    canvas.wait_until(lambda: len(viewer.grid.items) == len(places.area.items) and viewer.thumbnails.is_idle, 40)
    canvas.photograph("open-viewer", viewer)
    return {"whole": whole, "plates": [str(row["plate"]) for row in viewer._given],
            "paths": [one.path for one in viewer.grid.items],
            "seen": [viewer.thumbnails.find(viewer.grid.items[row].path).pixmap.width() for row in range(4)],
            "contents": dict(widget.contents.items)}


def fold_groups(canvas, _):
    """Open Group Folds, and choose another seed; what does Test and Score below it test by?"""
    canvas.photograph_workflow("grouped-workflow")
    widget = canvas.open_widget("Group Folds", (860, 480))
    canvas.photograph("group-folds", widget, "group-folds")
    scores = canvas.open_widget("Test and Score (Whole Plates)", (900, 480))
    canvas.photograph("grouped-scores", scores)
    found = []
    for seed in (0, 1):
        widget.controls.seed.setValue(seed)
        canvas.wait(0.3)
        canvas.wait_until_done()
        chosen = scores.controls.resampling.buttons[scores.resampling].text()
        found.append([chosen, scores.fold_feature.name, [str(row["Fold"]) for row in scores.data]])
    return {"by_seed": found}


def choose(combo, text):
    """Go to an entry of a combo box by the keyboard."""
    combo.setFocus()
    for _ in range(combo.count()):
        if combo.currentText() == text:
            return
        QTest.keyClick(combo, Qt.Key.Key_Down)
    raise LookupError(f"{text!r} is not offered")


def captions(grid, rows):
    return [grid.items[int(row)].caption for row in rows]


PICTURE_SCENES = (label, look_closely, lay_out_grid, explore_map, save, open_embeddings, fold_groups)
