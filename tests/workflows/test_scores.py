"""The scores that a tested model gets, beside scikit-learn's."""

import numpy as np
import pytest
from Orange.classification import KNNLearner, NaiveBayesLearner
from Orange.data import DiscreteVariable, Domain, Table
from Orange.evaluation import Results, TestOnTrainingData
from sklearn import metrics

from orangecontrib.imaging.workflow.scores import score_table


def test_each_model_has_a_row_with_its_scores():
    data = Table("iris")
    results = TestOnTrainingData()(data, [NaiveBayesLearner(), KNNLearner()])
    results.learner_names = ["Bayes", "Neighbours"]
    table = score_table(results)
    assert table.metas[:, 0].tolist() == results.learner_names
    assert [column.name for column in table.domain.attributes] == ["AUC", "CA", "F1", "Prec", "Recall", "MCC"]
    for row, (said, sure) in enumerate(zip(results.predicted, results.probabilities, strict=True)):
        assert (said != data.Y).any()
        assert table.X[row].tolist() == pytest.approx([
            metrics.roc_auc_score(data.Y, sure, multi_class="ovr", average="weighted"),
            metrics.accuracy_score(data.Y, said), metrics.f1_score(data.Y, said, average="weighted"),
            metrics.precision_score(data.Y, said, average="weighted"),
            metrics.recall_score(data.Y, said, average="weighted"), metrics.matthews_corrcoef(data.Y, said)])


def test_a_number_as_target_has_scores_of_its_own():
    data = Table("housing")
    results = Results(domain=data.domain, nrows=len(data), nmethods=1)
    results.actual, results.predicted = data.Y, data.Y[None] + 2
    results.learner_names = ["too high"]
    table = score_table(results)
    assert [column.name for column in table.domain.attributes] == ["RMSE", "MAE", "R2"]
    assert table.X[0].tolist() == pytest.approx([2, 2, metrics.r2_score(data.Y, data.Y + 2)])


def of_two_classes(actual, predicted):
    data = Table("heart_disease")[:len(actual)]
    results = Results(domain=data.domain, nrows=len(actual), nmethods=1, nclasses=2)
    results.actual, results.predicted = np.array(actual, float), np.array([predicted], float)
    results.probabilities = np.full((1, len(actual), 2), 0.5)
    results.learner_names = ["one"]
    return results


@pytest.mark.parametrize(("actual", "predicted", "area", "accuracy"), [
    ([1, 1, 1], [1, 1, 0], np.nan, 2 / 3), ([0, 1, 0], [0, np.nan, 1], 0.5, np.nan), ([], [], np.nan, np.nan)])
def test_a_score_that_cannot_be_computed_is_missing_and_stops_nothing(actual, predicted, area, accuracy):
    table = score_table(of_two_classes(actual, predicted))
    found = dict(zip([column.name for column in table.domain.attributes], table.X[0], strict=True))
    assert found["AUC"] == pytest.approx(area, nan_ok=True)
    assert found["CA"] == pytest.approx(accuracy, nan_ok=True)


def test_with_a_single_class_scores_are_missing_and_stop_nothing():
    data = Table("iris")
    results = of_two_classes([0, 0], [0, 0])
    results.domain = Domain(data.domain.attributes, DiscreteVariable("only", ("one",)))
    assert np.isnan(score_table(results).X[0]).any()
