"""The script of doc/predict.rst, with a model that Save Model wrote, in a process that has no canvas."""

import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import dedent

import pytest
from Orange.widgets.model.owsavemodel import OWSaveModel
from orangewidget.tests.base import WidgetTest
from predict_case import Pictures

PAGE = (Path(__file__).parents[2] / "doc" / "predict.rst").read_text(encoding="utf-8")
SCRIPT = dedent(re.search(r"code-block:: python\n\n(.*?)\n\n(?=\S)", PAGE, re.DOTALL)[1])
WIDGETS = {"orangewidget", "Orange.widgets", "orangecontrib.imaging.widgets"}
NO_CANVAS = f"\nimport sys\nassert not {WIDGETS} & {{*sys.modules}}\n"


class TestPredictPage(WidgetTest):
    @pytest.mark.heavy
    def test_a_saved_model_predicts_a_folder_in_another_process_and_names_what_it_cannot_read(self):
        folder = Path(self.enterContext(TemporaryDirectory()))
        pictures = Pictures(folder)
        save = self.create_widget(OWSaveModel)
        self.send_signal(save.Inputs.model, pictures.model, widget=save)
        save.filename = str(folder / "yeast.pkcls")
        save.save_file()
        pictures.new.rename(folder / "new")
        (folder / "new" / "torn.png").write_bytes((folder / "new" / "picture_001.png").read_bytes()[:2000])
        run = subprocess.run([sys.executable, "-P", "-W", "ignore", "-c", SCRIPT + NO_CANVAS], cwd=folder,
                             capture_output=True, text=True, check=False)
        self.assertEqual(run.returncode, 0, run.stderr)
        values = pictures.model.domain.class_var.values
        expected = [f"picture_{number:03}.png {values[place]}"
                    for number, place in enumerate(pictures.probabilities.argmax(axis=1), 1)]
        self.assertEqual(run.stdout.splitlines(), expected)
        self.assertIn("1 of 9 pictures", run.stderr)
        self.assertIn("torn.png", run.stderr)
