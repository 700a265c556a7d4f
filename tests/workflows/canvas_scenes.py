"""What is done in the canvas; run as a program, on a screen of its own.

usage: canvas_scenes.py SCENE FLOW ANSWER.json PICTURES [ARGUMENT]

A scene opens the workflow in Orange's main window, acts in its widgets, and writes what it then
found there. Nothing is judged here; the tests compare.
"""

import json
import os
import signal
import sys
from pathlib import Path

from AnyQt.QtCore import QPoint, Qt
from AnyQt.QtTest import QTest
from AnyQt.QtWidgets import QListWidget
from canvas_driver import Heartbeat, canvas, click
from lesson_scenes import LESSON_SCENES
from picture_scenes import PICTURE_SCENES
from predict_scenes import PREDICT_SCENES

from benchmarks.stalls import Stalls


def explore(canvas, _):
    """Click a branch of the dendrogram; what do the viewer and the map show?"""
    from Orange.clustering.hierarchical import leaves, preorder

    canvas.photograph_workflow("explore-workflow")
    canvas.photograph("import", canvas.open_widget("Import Images", (900, 620)), "import-images")
    embedder = canvas.open_widget("Image Embedder")
    embedder.commit_now()  # all is known now: how long it took before is the machine's matter
    canvas.wait(0.3)
    canvas.wait_until_done()
    canvas.photograph("embedder", embedder, "image-embedder")
    clustering = canvas.open_widget("Hierarchical Clustering", (560, 540))
    viewer = canvas.open_widget("Image Viewer (Cluster)", (760, 540))
    before = names(viewer._data)
    branch = next(node for node in preorder(clustering.root) if 8 <= len(list(leaves(node))) <= 40)
    click(clustering.view, place_on_branch(clustering, branch))
    canvas.wait_until_done()
    canvas.photograph("explore-dendrogram", clustering)
    canvas.photograph("explore-cluster", viewer)
    mds = canvas.open_widget("MDS", (900, 700))
    canvas.photograph("explore-map", mds)
    rows = [leaf.value.index for leaf in leaves(branch)]
    return {"branch": names(clustering.items[rows]), "before": before, "viewer": names(viewer._data),
            "drawn": sorted(item.path for item in viewer.grid.items),
            "map": names(mds.data[mds.get_subset_mask()])}


def classify(canvas, _):
    """Click the largest mistake in the confusion matrix; what do the viewer and the map show?"""
    canvas.photograph_workflow("classify-workflow")
    canvas.photograph("classify-scores", canvas.open_widget("Test and Score", (900, 480)))
    matrix = canvas.open_widget("Confusion Matrix", (760, 540))
    viewer = canvas.open_widget("Image Viewer", (760, 540))
    results = matrix.results
    actual, predicted = results.actual.astype(int), results.predicted[0].astype(int)
    _, row, column = max((((actual == one) & (predicted == other)).sum(), one, other)
                         for one in set(actual) for other in set(actual) if one != other)
    index = matrix.tablemodel.index(row + 2, column + 2)
    QTest.mouseClick(matrix.tableview.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier,
                     matrix.tableview.visualRect(index).center() + QPoint(1, 1))
    canvas.wait_until_done()
    canvas.photograph("classify-matrix", matrix)
    canvas.photograph("classify-cell", viewer)
    mds = canvas.open_widget("MDS", (900, 700))
    canvas.photograph("classify-map", mds)
    cell = results.data[results.row_indices][(actual == row) & (predicted == column)]
    return {"shown_in_cell": matrix.tablemodel.data(index), "cell": names(cell),
            "viewer": names(viewer._data), "map": names(mds.data[mds.get_subset_mask()])}


def see(canvas, name):
    """Look at a workflow; what errors do its widgets show?"""
    canvas.photograph_workflow(f"{name}-workflow")
    return {"errors": [str(message) for node in canvas.scheme.nodes
                       for message in canvas.scheme.widget_for_node(node).Error.active],
            "count": len(canvas.scheme.nodes)}


def read_stacks(canvas, folder):
    """Import stacks, and untick a channel: what do the preview, the viewer and the column say?"""
    canvas.photograph_workflow("stack-workflow")
    importer = canvas.open_widget("Import Images", (900, 660))
    viewer = canvas.open_widget("Image Viewer", (700, 460))
    importer.choose(folder)
    canvas.wait_until_done()
    canvas.photograph("import-stack", importer)
    found = {"said": importer.preview.notes, "all": shown_colours(viewer)}
    channels = importer.reading_form.channels.findChild(QListWidget)
    box = channels.visualItemRect(channels.item(2))
    QTest.mouseClick(channels.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier,
                     QPoint(box.left() + 10, box.center().y()))
    canvas.wait_until_done()
    canvas.wait(1.0)
    canvas.photograph("stack-viewer", viewer)
    return {**found, "reading": viewer.image_column.attributes.get("reading"), "two": shown_colours(viewer)}


def shown_colours(viewer):
    """By file: the greatest red, green and blue number of its thumbnail."""
    found = {}
    for item in viewer.grid.items:
        picture = viewer.thumbnails.find(item.path).pixmap.toImage()
        colours = [picture.pixelColor(x, y) for x in range(picture.width()) for y in range(picture.height())]
        found[Path(item.path).name] = [max(one.red() for one in colours), max(one.green() for one in colours),
                                       max(one.blue() for one in colours)]
    return found


def beat_while_embedding(canvas, folder):
    """Import, embed and show a folder; how late does the event loop get?"""
    viewer = canvas.open_widget("Image Viewer", (900, 640))
    heart = Heartbeat()
    canvas.widget("Import Images").choose(folder)
    canvas.wait(0.3)
    canvas.wait_until_done()
    canvas.wait(1.0)
    return {**heart.stop(), "shown": len(viewer.grid.items)}


def beat_while_loading(canvas, table):
    """Load a table of embedded pictures and show them; how late does the event loop get?"""
    viewer = canvas.open_widget("Image Viewer", (900, 640))
    source = canvas.widget("File")
    heart = Heartbeat()
    source.add_path(table)
    source.source = source.LOCAL_FILE
    source.load_data()
    canvas.wait(0.3)
    canvas.wait_until_done()
    canvas.wait(1.0)
    return {**heart.stop(), "shown": len(viewer.grid.items)}


def kill_child(canvas, folder):
    """Kill the network's process when a fifth of the pictures is done; what comes out?"""
    embedder = canvas.widget("Image Embedder")
    canvas.widget("Import Images").choose(folder)
    canvas.wait_until(lambda: 20 <= embedder.progressBarValue < 60)
    first = network_process()
    at_percent = embedder.progressBarValue
    os.kill(first, signal.SIGKILL)
    canvas.wait_until_done()
    shown = canvas.widget("Image Viewer")._data
    return {"killed": first, "at_percent": at_percent, "then": network_process(),
            "names": [str(name) for name in shown.get_column("image")], "vectors": shown.X.tolist(),
            "errors": [str(message) for message in embedder.Error.active]}


def embed_on_cluster(canvas, told):
    """Press Connect, end one of the workers, and cancel a second run; what comes out, and what does the window wait?"""
    folder, worker = json.loads(told)
    embedder = canvas.open_widget("Image Embedder")
    canvas.widget("Import Images").choose(folder)
    canvas.wait_until(embedder.Warning.not_agreed.is_shown)
    canvas.photograph("cluster-asks", embedder)
    before = {"asked": [str(one) for one in embedder.Warning.active], "unasked": embedder.task is not None,
              "loaded": "distributed" in sys.modules}
    with Stalls() as starting:
        QTest.mouseClick(embedder._form.run.connect_button, Qt.MouseButton.LeftButton)
        canvas.wait_until(lambda: embedder.progressBarValue >= 10)
    at_percent = embedder.progressBarValue
    os.kill(worker, signal.SIGKILL)
    canvas.photograph("cluster-works", embedder)
    canvas.wait_until_done()
    canvas.photograph("cluster-done", embedder)
    shown = canvas.widget("Image Viewer")._data
    found = {"names": [str(name) for name in shown.get_column("image")], "vectors": shown.X.tolist(),
             "errors": [str(one) for one in embedder.Error.active], "status": embedder._status.text(),
             "noted": str(embedder.Warning.noted), "identity": shown.attributes["embedding"]}
    embedder.commit_now()
    canvas.wait_until(lambda: embedder.progressBarValue >= 10)
    with Stalls() as stopping:
        QTest.mouseClick(embedder._cancel_button, Qt.MouseButton.LeftButton)
        canvas.wait(3.0)
    canvas.photograph("cluster-cancelled", embedder)
    return {**before, **found, "at_percent": at_percent, "stalls": {
        "starting": starting.longest(5), "stopping": stopping.longest(5)}, "cancelled": embedder._status.text()}


def names(table):
    """The pictures of a table, as Import Images names them."""
    return sorted(map(str, table.get_column("image"))) if table is not None else []


def place_on_branch(clustering, node):
    """A place in the scene where the branch of `node` lies on top."""
    item = clustering.dendrogram.item(node)
    line = item.mapToScene(item.shape())
    places = [line.pointAtPercent(percent / 100) for percent in range(101)]
    return next(place for place in places if item in clustering.scene.items(place)[:2])


def network_process():
    """The process id of the child that runs the network."""
    children = Path(f"/proc/self/task/{os.getpid()}/children").parent.parent.glob("*/children")
    ids = [int(one) for path in children for one in path.read_text().split()]
    return next(one for one in ids
                if b"orangecontrib.imaging.core.worker" in Path(f"/proc/{one}/cmdline").read_bytes())


SCENES = {scene.__name__: scene for scene in (
    explore, classify, see, read_stacks, beat_while_embedding, beat_while_loading, kill_child, embed_on_cluster,
    *PICTURE_SCENES,
    *PREDICT_SCENES, *LESSON_SCENES)}


def run(scene, flow, answer, pictures, argument=""):
    raised = []

    def hear(kind, error, trace):
        raised.append(f"{kind.__name__}: {error}")
        sys.__excepthook__(kind, error, trace)

    with canvas(Path(pictures)) as opened:
        sys.excepthook = hear
        opened.open(flow)
        found = SCENES[scene](opened, argument)
        print("played", flush=True)
    print("closed", flush=True)
    Path(answer).write_text(json.dumps({**found, "raised": raised}), encoding="utf-8")


if __name__ == "__main__":
    run(*sys.argv[1:])
