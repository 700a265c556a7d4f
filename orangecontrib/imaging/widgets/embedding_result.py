"""What Image Embedder tells of a finished job: what was skipped, how pictures were read, what could go better."""

from __future__ import annotations

from Orange.widgets.widget import Msg

from ..core.large import advice_on_size
from ..core.reading_notes import read_clauses
from ..tables.embeddings import skipped_text
from .jobs.embedding import Result


class EmbeddingResult:
    """For the widget; its messages are among the bases of the widget's."""

    class Error:
        none_embedded = Msg("None of the {} pictures could be embedded. The first: {}.")

    class Warning:
        skipped = Msg("Skipped: {} of {}. The first: {}. Connect Skipped Images to a Data Table to see all.")
        noted = Msg("{}")

    class Information:
        read = Msg("How the pictures were read. {}")
        gpu_unused = Msg("{}")
        large = Msg("{}")

    def tell_result(self, result: Result, total: int) -> None:
        """Say how it went with so many rows."""
        found = result.embeddings
        if found.skipped and not len(found.rows):
            self.Error.none_embedded(total, skipped_text(found.skipped[0]))
        elif found.skipped:
            self.Warning.skipped(len(found.skipped), total, skipped_text(found.skipped[0]))
        if found.notes:
            self.Warning.noted(" ".join(found.notes))
        self.Information.gpu_unused(found.remedy, shown=bool(found.remedy))
        if result.read:
            self.Information.read("; ".join(read_clauses(result.read)) + ".")
        advice = advice_on_size(*found.vectors.shape)
        self.Information.large(advice, shown=bool(advice))

    def take_back_result(self) -> None:
        """Say nothing of the last job any more."""
        for message in (self.Error.none_embedded, self.Warning.skipped, self.Warning.noted, self.Information.read,
                        self.Information.gpu_unused, self.Information.large):
            message.clear()
