"""What a class does in the lessons, in the canvas, with mouse and keys. A scene reports; the tests compare."""

from pathlib import Path

from AnyQt.QtCore import QPoint, Qt
from AnyQt.QtTest import QTest
from AnyQt.QtWidgets import QPushButton
from canvas_driver import click, drag
from picture_scenes import around, choose

LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier
SCORES = (760, 430)
VIEWER = (760, 560)


def lesson_clusters(canvas, _):
    """Click the branch of most bright rings; what does the viewer show?"""
    from Orange.clustering.hierarchical import leaves, top_clusters

    canvas.photograph_workflow("lesson-clusters-workflow")
    tree = canvas.open_widget("Hierarchical Clustering", (600, 560))
    viewer = canvas.open_widget("Image Viewer", VIEWER)
    branch = max(top_clusters(tree.root, 3), key=lambda node: share(tree, node, leaves, "SN"))
    line = tree.dendrogram.item(branch)
    outline = line.mapToScene(line.shape())
    click(tree.view, next(place for place in map(outline.pointAtPercent, (step / 100 for step in range(101)))
                          if line in tree.scene.items(place)[:2]))
    canvas.wait_until_done()
    canvas.photograph("lesson-clusters-tree", tree)
    canvas.photograph("lesson-clusters-viewer", viewer)
    return {"shown": shown(viewer)}


def share(tree, node, leaves, name):
    """The share of a class among the pictures of a branch."""
    kinds = [str(tree.items[leaf.value.index].get_class()) for leaf in leaves(node)]
    return kinds.count(name) / len(kinds)


def lesson_map(canvas, _):
    """Draw around a crowd of the map; what does the viewer show?"""
    canvas.photograph_workflow("lesson-map-workflow")
    widget = canvas.open_widget("Image Map", (900, 620))
    area = widget.area
    canvas.wait_until(lambda: widget._placed is not None and widget.task is None and widget.thumbnails.is_idle, 40)
    canvas.wait(1.0)
    drag(area, around(area))
    canvas.wait_until_done()
    canvas.photograph("lesson-map-lasso", widget)
    viewer = canvas.open_widget("Image Viewer", VIEWER)
    canvas.photograph("lesson-map-viewer", viewer)
    return {"shown": shown(viewer), "count": len(area.items)}


def lesson_mislabeled(canvas, _):
    """Press Select Misclassified; what does the viewer show?"""
    canvas.photograph_workflow("lesson-mislabeled-workflow")
    matrix = canvas.open_widget("Confusion Matrix", (620, 330))
    viewer = canvas.open_widget("Image Viewer", VIEWER)
    QTest.mouseClick(button(matrix, "Select Misclassified"), LEFT)
    canvas.wait_until_done()
    choose(viewer.controls.group_column, "category")
    canvas.wait_until(lambda: len(viewer.grid.arrangement.groups) > 1, 40)
    canvas.photograph("lesson-mislabeled-matrix", matrix)
    canvas.photograph("lesson-mislabeled-viewer", viewer)
    return {"shown": shown(viewer)}


def lesson_confusion(canvas, _):
    """Click the largest number off the diagonal; what does the viewer show?"""
    canvas.photograph_workflow("lesson-confusion-workflow")
    scores = canvas.open_widget("Test and Score", SCORES)
    canvas.photograph("lesson-confusion-scores", scores)
    matrix = canvas.open_widget("Confusion Matrix", (720, 360))
    viewer = canvas.open_widget("Image Viewer", VIEWER)
    names = matrix.data.domain.class_var.values
    index = matrix.tablemodel.index(names.index("ER") + 2, names.index("vacuole") + 2)
    QTest.mouseClick(matrix.tableview.viewport(), LEFT, NONE,
                     matrix.tableview.visualRect(index).center() + QPoint(1, 1))
    canvas.wait_until_done()
    canvas.photograph("lesson-confusion-matrix", matrix)
    canvas.photograph("lesson-confusion-viewer", viewer)
    return {"shown": shown(viewer), "cell": matrix.tablemodel.data(index), "CA": accuracies(scores)}


def lesson_overfitting(canvas, _):
    """Learn from 12 pictures, then from 160; what are the scores?"""
    canvas.photograph_workflow("lesson-overfitting-workflow")
    same, other = (canvas.open_widget(f"Test and Score ({which} Pictures)", SCORES) for which in ("Same", "Other"))
    canvas.photograph("lesson-overfitting-same", same)
    canvas.photograph("lesson-overfitting-other", other)
    few = [accuracies(same), accuracies(other)]
    sampler = canvas.open_widget("Data Sampler")
    spin = sampler.sampleSizeSpin
    spin.setFocus()
    spin.selectAll()
    QTest.keyClicks(spin, "160")
    QTest.keyClick(spin, Qt.Key.Key_Return)
    QTest.mouseClick(button(sampler, "Sample Data"), LEFT)
    canvas.wait(0.3)
    canvas.wait_until_done()
    canvas.photograph("lesson-overfitting-sampler", sampler)
    return {"few": few, "many": [accuracies(same), accuracies(other)]}


def lesson_background(canvas, _):
    """Look at both sets and both scores, then learn from mixed backgrounds; what are the scores?"""
    canvas.photograph_workflow("lesson-background-workflow")
    for which in ("Training", "New"):
        viewer = canvas.open_widget(f"Image Viewer ({which})", VIEWER)
        search_for(canvas, viewer, "_00")
        canvas.photograph(f"lesson-background-{which}", viewer)
    training, new = (canvas.open_widget(f"Test and Score ({which})", SCORES) for which in ("Training", "New"))
    canvas.photograph("lesson-background-scores", training)
    canvas.photograph("lesson-background-new", new)
    own = [accuracies(training), accuracies(new)]
    canvas.open_widget("Import Images (Training)").choose("samples:backgrounds-mixed")
    canvas.wait(0.3)
    canvas.wait_until_done()
    return {"own": own, "mixed": [accuracies(training), accuracies(new)]}


def lesson_new_folder(canvas, _):
    """Group the new pictures by what the model says of them; what does the viewer show?"""
    canvas.photograph_workflow("lesson-new-folder-workflow")
    predictions = canvas.open_widget("Predictions", (640, 420))
    choose(predictions.controls.shown_probs, "Classes known to the model")
    canvas.photograph("lesson-new-folder-predictions", predictions)
    viewer = canvas.open_widget("Image Viewer", VIEWER)
    choose(viewer.controls.group_column, "Logistic Regression")
    canvas.wait_until(lambda: len(viewer.grid.arrangement.groups) > 1, 40)
    canvas.photograph("lesson-new-folder-viewer", viewer)
    return {"groups": {group.title: group.count for group in viewer.grid.arrangement.groups}}


def lesson_contrast(canvas, _):
    """Look at both viewers and both scores, then at the full range of the type; what are the scores?"""
    canvas.photograph_workflow("lesson-contrast-workflow")
    scores = {}
    for which in ("Each", "Folder"):
        viewer = canvas.open_widget(f"Image Viewer ({which})", VIEWER)
        search_for(canvas, viewer, "_00")
        canvas.photograph(f"lesson-contrast-viewer-{which}", viewer)
        widget = canvas.open_widget(f"Test and Score ({which})", SCORES)
        canvas.photograph(f"lesson-contrast-scores-{which}", widget)
        scores[which] = accuracies(widget)
    importer = canvas.open_widget("Import Images (Each)", (900, 660))
    choose(importer.reading_form._contrast, "Full range of the type")
    canvas.wait(0.5)
    canvas.wait_until_done()
    canvas.photograph("lesson-contrast-import", importer)
    canvas.photograph("lesson-contrast-viewer-type", canvas.widget("Image Viewer (Each)"))
    return {**scores, "Type": accuracies(canvas.widget("Test and Score (Each)"))}


def search_for(canvas, viewer, text):
    """Type into a viewer's search field, and wait until it shows what was found."""
    QTest.keyClicks(viewer.search.line, text)
    canvas.wait_until(lambda: 0 < len(viewer.grid.arrangement.order) < len(viewer.grid.items), 40)


def button(widget, text):
    """A button by its words."""
    return next(one for one in widget.findChildren(QPushButton) if one.text() == text)


def shown(viewer):
    """The names of the pictures in a viewer."""
    return sorted(Path(item.path).stem for item in viewer.grid.items)


def accuracies(widget):
    """CA by learner, as Test and Score shows it."""
    return {slot.learner.name: slot.stats[1].value[0] for slot in widget.learners.values()}


LESSON_SCENES = (lesson_clusters, lesson_map, lesson_mislabeled, lesson_confusion, lesson_overfitting,
                 lesson_background, lesson_new_folder, lesson_contrast)
