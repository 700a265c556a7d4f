"""AlexNet: the network that began it."""

from ..cards import Layer
from .imagenet import imagenet_card

CARDS = (
    imagenet_card(
        "alexnet", title="AlexNet", group="classic",
        advice="The network that began deep learning on pictures: for teaching, and for old papers.",
        penultimate=4096, smallest_px=223,
        layers=(Layer("conv1", "Convolution 1: edges and colors", 64, "features.1"),
                Layer("conv2", "Convolution 2: textures", 192, "features.4"),
                Layer("conv3", "Convolution 3: patterns", 384, "features.7"),
                Layer("conv5", "Convolution 5, late: parts of things", 256, "features.11"),
                Layer("fc6", "First fully connected layer", 4096, "classifier.2", averaged=(), smallest_px=223)),
        file="alexnet-owt-7be5be79.pth", size_mb=233.087, top1=56.522, shorter_px=256,
        paper="Krizhevsky 2014, arXiv:1404.5997"),
)
