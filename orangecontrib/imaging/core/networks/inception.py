"""GoogLeNet (the first Inception network) and Inception v3.

Their weights came from TensorFlow, where inputs are scaled to -1 … 1, which torchvision's argument
``transform_input`` does.
"""

from ..cards import Layer
from .imagenet import imagenet_card

_LICENCE = ("Apache-2.0 (trained by Google: the LICENSE of github.com/tensorflow/models), converted by torchvision, "
            "BSD-3-Clause")

CARDS = (
    imagenet_card(
        "googlenet", title="GoogLeNet", group="classic",
        advice="Small for its age and quite fast: in many papers of 2015 to 2018.",
        penultimate=1024,
        layers=(Layer("conv3", "Convolution 3, early: edges and textures", 192, "conv3"),
                Layer("inception3b", "Inception 3b: patterns", 480, "inception3b"),
                Layer("inception4a", "Inception 4a: parts of things", 512, "inception4a"),
                Layer("inception4e", "Inception 4e, late: things", 832, "inception4e")),
        file="googlenet-1378be20.pth", size_mb=49.731, top1=69.778, shorter_px=256, licence=_LICENCE,
        paper="Szegedy et al. 2014, arXiv:1409.4842"),
    imagenet_card(
        "inception_v3", title="Inception v3", group="classic",
        advice="The network of the paper behind this way of working: choose it to repeat published analyses.",
        penultimate=2048, smallest_px=75,
        layers=(Layer("conv4a", "Convolution 4a, early: edges and textures", 192, "Conv2d_4a_3x3"),
                Layer("mixed5d", "Mixed 5d: patterns", 288, "Mixed_5d"),
                Layer("mixed6e", "Mixed 6e: parts of things", 768, "Mixed_6e"),
                Layer("mixed7a", "Mixed 7a, late: things", 1280, "Mixed_7a", smallest_px=75)),
        file="inception_v3_google-0cc3c7bd.pth", size_mb=103.903, top1=77.294, shorter_px=342, input_px=299,
        licence=_LICENCE, paper="Szegedy et al. 2015, arXiv:1512.00567"),
)
