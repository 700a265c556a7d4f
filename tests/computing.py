"""A service that embeds without a network, and tables that it embedded."""

import json
from pathlib import Path

import numpy as np
from Orange.data import DiscreteVariable, Domain, Table

from orangecontrib.imaging.core.embeddings import Embeddings
from orangecontrib.imaging.core.found import Skipped
from orangecontrib.imaging.core.joining import vector_parts
from orangecontrib.imaging.core.options import Options
from orangecontrib.imaging.core.reading import Reading
from orangecontrib.imaging.tables.columns import image_variable, separate_channels
from orangecontrib.imaging.tables.computed_vectors import Request, picture_vectors
from orangecontrib.imaging.tables.embeddings import embedded_table


class FakeService:
    """Vectors that are drawn from the picture's name; what was asked and told is recorded.

    Names that begin with "bad" cannot be read. `facts` are a part of the identity, `error` is raised.
    """

    def __init__(self, dimension=4):
        self.dimension = dimension
        self.asked, self.told, self.facts, self.error = [], [], {}, None

    def embed(self, paths, request):
        self.asked.append((list(paths), request))
        if self.error:
            raise self.error
        return self.vectors(paths, request)

    def vectors(self, paths, request):
        parts = vector_parts(request.model.split("+"), request.options, request.reading)
        identity = {"side by side": [
            {"network": Path(part.network).stem, "weights": "ab" * 32, "options": part.options.record(),
             "reading": json.loads(part.reading.to_json()), "device": "cpu", "engine": "torch 2", **self.facts}
            for part in parts]}
        rows = [row for row, path in enumerate(paths) if not Path(path).name.startswith("bad")]
        return Embeddings(
            np.array([np.concatenate([self._vector(paths[row], part) for part in parts]) for row in rows],
                     np.float32).reshape(len(rows), self.dimension * len(parts)), np.array(rows, np.int64),
            tuple(Skipped(row, path, "the file is empty") for row, path in enumerate(paths) if row not in rows),
            json.dumps(identity), np.ones(len(rows), bool), "CPU")

    def warn(self, text):
        self.told.append(text)

    def _vector(self, path, part):
        seed = [*Path(path).name.encode(), *part.network.encode(), *part.reading.to_json().encode()]
        mean = 3 if "_a" in Path(path).name else 0
        return mean + np.random.default_rng(seed).standard_normal(self.dimension)


def pictures(folder, names, *, column="image", reading=Reading(), channels=(), name="cells", plain=False):
    """A table of raw pictures; the class is the letter after ``_`` in their names."""
    image = image_variable(column, str(folder), reading, channels)
    if plain:
        image.attributes = {"origin": str(folder)}
    kinds = DiscreteVariable("kind", values=("a", "b"))
    table = Table.from_numpy(Domain([], kinds, [image]), np.empty((len(names), 0)),
                             np.array([float("_b" in one) for one in names]), np.array(names, object)[:, None])
    table.name = name
    return table


def embedded(table, service, model="squeezenet", options=Options(), column="image", shrink=None):
    """The table as Image Embedder gives it. `shrink`: a function from embeddings to embeddings."""
    variable = table.domain[column]
    request = Request(model, options, Reading.from_json(
        variable.attributes.get("reading", "recipe:{}").removeprefix("recipe:")))
    folder = Path(variable.attributes["origin"])
    found = service.vectors([str(folder / one) for one in table.get_column(variable)], request)
    found = shrink(found) if shrink else found
    channels = () if shrink else separate_channels(variable)
    return embedded_table(table, found, channels, picture_vectors(variable, model, options, found))


def names(count, start=0):
    """Names of pictures of both classes."""
    return [f"{number}_{'ab'[number % 2]}.png" for number in range(start, start + count)]
