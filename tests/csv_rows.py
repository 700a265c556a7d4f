"""The rows of a table that was written as CSV."""

import csv


def read_csv(path):
    """A list of rows, each a dictionary of texts by column."""
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
