"""What was trained on vectors predicts raw pictures, through Orange's own widgets, as it does embedded ones."""

import pickle
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from Orange.classification import LogisticRegressionLearner
from Orange.evaluation import TestOnTestData
from Orange.widgets.data.owtransform import OWTransform
from Orange.widgets.evaluate.owpredictions import OWPredictions
from Orange.widgets.evaluate.owtestandscore import OWTestAndScore
from Orange.widgets.model.owloadmodel import OWLoadModel
from Orange.widgets.model.owsavemodel import OWSaveModel
from orangewidget.tests.base import WidgetTest
from predict_case import CountingService, Pictures, embedded, same

from orangecontrib.imaging.tables import computed_vectors
from orangecontrib.imaging.tables.embedding_service import service, set_service
from orangecontrib.imaging.tables.recent_block import RecentBlock


class TestPredicting(WidgetTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.temporary = TemporaryDirectory()
        cls.pictures = Pictures(Path(cls.temporary.name))

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()
        super().tearDownClass()

    def setUp(self):
        before = service()
        self.service = CountingService()
        set_service(self.service)
        self.addCleanup(set_service, before)
        self.enterContext(patch.object(computed_vectors, "RECENT", RecentBlock()))

    def _predict(self, table, model=None):
        """What Predictions computes, and sends."""
        widget = self.create_widget(OWPredictions)
        self.send_signal(widget.Inputs.predictors, model or self.pictures.model, 1, widget=widget)
        self.send_signal(widget.Inputs.data, table, widget=widget)
        return widget.predictors[0].results, self.get_output(widget.Outputs.selected_predictions, widget=widget)

    def test_predictions_of_raw_pictures_are_those_of_embedded_ones(self):
        raw = self._predict(self.pictures.raw_new)
        asked = list(self.service.asked)
        known = self._predict(self.pictures.embedded_new)
        for (results, sent), begin in ((raw, []), (known, [f"n{number}" for number in range(512)])):
            self.assertTrue(same(results.unmapped_probabilities, self.pictures.probabilities))
            self.assertEqual([one.name for one in sent.domain.attributes], begin)
            self.assertTrue(same(sent.get_column("Logistic Regression"), self.pictures.probabilities.argmax(axis=1)))
        self.assertGreater(len({*raw[1].get_column("Logistic Regression")}), 1)
        self.assertEqual((asked, self.service.asked), ([8], [8]))  # once, and not for pictures with vectors
        self.assertEqual(self.service.told, [])

    def test_two_models_embed_the_pictures_once(self):
        widget = self.create_widget(OWPredictions)
        other = LogisticRegressionLearner(C=0.1)(self.pictures.train)
        self.send_signal(widget.Inputs.predictors, self.pictures.model, 1, widget=widget)
        self.send_signal(widget.Inputs.predictors, other, 2, widget=widget)
        self.send_signal(widget.Inputs.data, self.pictures.raw_new, widget=widget)
        self.assertEqual(self.service.computed, 8)
        self.assertEqual([slot.results.unmapped_probabilities.shape for slot in widget.predictors], [(8, 4)] * 2)

    def test_test_and_score_takes_raw_test_data(self):
        scores = {}
        for name, test in (("raw", self.pictures.raw_train), ("embedded", self.pictures.train)):
            widget = self.create_widget(OWTestAndScore)
            widget.resampling = OWTestAndScore.TestOnTest
            learner = LogisticRegressionLearner()
            for channel, value in ((widget.Inputs.train_data, self.pictures.train), (widget.Inputs.test_data, test)):
                self.send_signal(channel, value, widget=widget)
            self.send_signal(widget.Inputs.learner, learner, 1, widget=widget)
            results = self.get_output(widget.Outputs.evaluations_results, widget=widget, wait=30000)
            scores[name] = results.probabilities[0]
        self.assertEqual(scores["raw"].shape, (24, 4))
        self.assertTrue(same(scores["raw"], scores["embedded"]))
        self.assertEqual((self.service.computed, self.service.told), (24, []))
        direct = TestOnTestData()(self.pictures.train, self.pictures.train, [LogisticRegressionLearner()])
        self.assertTrue(same(scores["raw"], direct.probabilities[0]))

    def test_apply_domain_gives_the_vectors_themselves(self):
        widget = self.create_widget(OWTransform)
        self.send_signal(widget.Inputs.data, self.pictures.raw_new, widget=widget)
        self.send_signal(widget.Inputs.template_data, self.pictures.train, widget=widget)
        transformed = self.get_output(widget.Outputs.transformed_data, widget=widget, wait=30000)
        self.assertEqual(transformed.X.shape, (8, 512))
        self.assertTrue(same(transformed.X, self.pictures.embedded_new.X))
        self.assertEqual(self.service.computed, 8)

    def test_a_model_saved_and_loaded_predicts_raw_pictures(self):
        path = str(Path(self.enterContext(TemporaryDirectory())) / "yeast.pkcls")
        save = self.create_widget(OWSaveModel)
        self.send_signal(save.Inputs.model, self.pictures.model, widget=save)
        save.filename = path
        save.save_file()
        load = self.create_widget(OWLoadModel)
        load.add_path(path)
        load.open_file()
        model = self.get_output(load.Outputs.model, widget=load)
        self.assertIsNot(model, self.pictures.model)
        results, _ = self._predict(self.pictures.raw_new, model)
        self.assertTrue(same(results.unmapped_probabilities, self.pictures.probabilities))
        self.assertEqual(self.service.computed, 8)

    def test_a_table_embedded_elsewhere_keeps_its_numbers(self):
        elsewhere = pickle.loads(pickle.dumps(embedded(self.pictures.raw_new)))
        with patch.object(self.service, "embed", side_effect=AssertionError("embedded again")):
            results, _ = self._predict(elsewhere)
        self.assertTrue(same(results.unmapped_probabilities, self.pictures.probabilities))
