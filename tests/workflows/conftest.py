"""Workflow files for the tests."""

import base64
import pickle
from xml.sax.saxutils import escape, quoteattr

import pytest

CORE = {
    "File": "Orange.widgets.data.owfile.OWFile",
    "Data Table": "Orange.widgets.data.owtable.OWTable",
    "Python Script": "Orange.widgets.data.owpythonscript.OWPythonScript",
    "Distances": "Orange.widgets.unsupervised.owdistances.OWDistances",
    "Hierarchical Clustering":
        "Orange.widgets.unsupervised.owhierarchicalclustering.OWHierarchicalClustering",
    "Import Images": "orangecontrib.imaging.widgets.owimportimages.OWImportImages",
}


@pytest.fixture
def write_flow(tmp_path):
    """Return a function that writes an .ows file.

    Its widgets are {title: settings}, or {title: (qualified name, settings)}; settings that are
    bytes are stored as a pickle. Its links are (source, output, sink, input).
    """
    def write(widgets, links=(), name="flow.ows"):
        ids = {title: number for number, title in enumerate(widgets)}
        lines = ['<scheme version="2.0" title="" description=""><nodes>']
        for title, what in widgets.items():
            qualified = what[0] if isinstance(what, tuple) else CORE[title]
            lines.append(f'<node id="{ids[title]}" name="" title={quoteattr(title)} version="" '
                         f'project_name="" qualified_name="{qualified}" position="(0, 0)" />')
        lines.append("</nodes><links>")
        lines += [f'<link id="{number}" enabled="true" source_node_id="{ids[source]}" '
                  f'sink_node_id="{ids[sink]}" source_channel="{output}" sink_channel="{entry}" />'
                  for number, (source, output, sink, entry) in enumerate(links)]
        lines.append("</links><annotations /><node_properties>")
        for title, what in widgets.items():
            settings = what[1] if isinstance(what, tuple) else what
            lines.append(_properties(ids[title], settings))
        lines.append("</node_properties></scheme>")
        path = tmp_path / name
        path.write_text("".join(lines), encoding="utf-8")
        return path

    return write


def _properties(number, settings):
    if isinstance(settings, bytes):
        text, form = base64.encodebytes(settings).decode("ascii"), "pickle"
    else:
        text, form = settings if isinstance(settings, str) else repr(settings), "literal"
    return f'<properties node_id="{number}" format="{form}">{escape(text)}</properties>'


@pytest.fixture
def pickled():
    """Return a function that pickles settings as Orange does."""
    return lambda settings: pickle.dumps(settings, protocol=4)
