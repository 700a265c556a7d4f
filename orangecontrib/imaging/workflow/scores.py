"""The scores of tested models, as a table: Orange's Test and Score shows them and sends them nowhere."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from Orange.data import ContinuousVariable, Domain, StringVariable, Table
from Orange.evaluation import Results, scoring

_CLASSIFICATION = {"AUC": (scoring.AUC, {}), "CA": (scoring.CA, {}), "F1": (scoring.F1, {"average": "weighted"}),
                   "Prec": (scoring.Precision, {"average": "weighted"}),
                   "Recall": (scoring.Recall, {"average": "weighted"}), "MCC": (scoring.MatthewsCorrCoefficient, {})}
_REGRESSION = {"RMSE": (scoring.RMSE, {}), "MAE": (scoring.MAE, {}), "R2": (scoring.R2, {})}


def score_table(results: Results) -> Table:
    """One row a model: its name, and its scores as Test and Score shows them (averages over the classes).

    A score that these results do not have is missing, as AUC where all pictures are of one class.
    """
    scores = _CLASSIFICATION if results.domain.has_discrete_class else _REGRESSION
    domain = Domain([ContinuousVariable(name) for name in scores], metas=[StringVariable("Model")])
    values = np.column_stack([_scores(score(), results, options) for score, options in scores.values()])
    return Table.from_numpy(domain, values, metas=np.array(results.learner_names, object)[:, None])


def _scores(score: scoring.Score, results: Results, options: dict[str, str]) -> NDArray[np.float64]:
    """(models,) float64; NaN where Orange and scikit-learn refuse to compute it, each by an error of its own."""
    try:
        return np.asarray(score(results, **options), dtype=float)
    except (ValueError, TypeError, IndexError):
        return np.full(len(results.predicted), np.nan)
