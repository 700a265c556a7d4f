"""DenseNet: every layer sees all before it."""

from ..cards import Layer
from .imagenet import imagenet_card


def _layers(last: int) -> tuple[Layer, ...]:
    """The stem and the three transitions between the dense blocks."""
    return (Layer("stem", "Stem: edges and colors", 64, "features.pool0"),
            Layer("transition1", "Transition 1, early: textures", 128, "features.transition1"),
            Layer("transition2", "Transition 2: patterns", 256, "features.transition2"),
            Layer("transition3", "Transition 3, late: parts of things", last, "features.transition3"))


CARDS = (
    imagenet_card(
        "densenet121", title="DenseNet-121", group="classic",
        advice="Keeps early and late features together, in a small file.",
        penultimate=1024, layers=_layers(512), shorter_px=256,
        file="densenet121-a639ec97.pth", size_mb=30.845, top1=74.434, paper="Huang et al. 2016, arXiv:1608.06993"),
    imagenet_card(
        "densenet201", title="DenseNet-201", group="strong",
        advice="DenseNet-121 with more layers and longer vectors.",
        penultimate=1920, layers=_layers(896), shorter_px=256,
        file="densenet201-c1103571.pth", size_mb=77.373, top1=76.896, paper="Huang et al. 2016, arXiv:1608.06993"),
)
