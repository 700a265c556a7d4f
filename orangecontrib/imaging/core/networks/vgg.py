"""VGG: plain stacks of small convolutions; the penultimate layer is fc7 after its ReLU."""

from ..cards import Layer
from .imagenet import imagenet_card

CARDS = (
    imagenet_card(
        "vgg16", title="VGG-16", group="classic",
        advice="Large and slow, and in many papers; its middle layers see textures well.",
        penultimate=4096, smallest_px=224,
        layers=(Layer("conv2_2", "Block 2, early: edges and textures", 128, "features.8"),
                Layer("conv3_3", "Block 3: patterns", 256, "features.15"),
                Layer("conv4_3", "Block 4: parts of things", 512, "features.22"),
                Layer("conv5_3", "Block 5, late: things", 512, "features.29"),
                Layer("fc6", "First fully connected layer", 4096, "classifier.1", averaged=(), smallest_px=224)),
        file="vgg16-397923af.pth", size_mb=527.796, top1=71.592, shorter_px=256,
        paper="Simonyan and Zisserman 2014, arXiv:1409.1556"),
    imagenet_card(
        "vgg19", title="VGG-19", group="classic",
        advice="VGG-16 with three more layers: for comparison with papers that used it.",
        penultimate=4096, smallest_px=224,
        layers=(Layer("conv2_2", "Block 2, early: edges and textures", 128, "features.8"),
                Layer("conv3_4", "Block 3: patterns", 256, "features.17"),
                Layer("conv4_4", "Block 4: parts of things", 512, "features.26"),
                Layer("conv5_4", "Block 5, late: things", 512, "features.35"),
                Layer("fc6", "First fully connected layer", 4096, "classifier.1", averaged=(), smallest_px=224)),
        file="vgg19-dcbb9e9d.pth", size_mb=548.051, top1=72.376, shorter_px=256,
        paper="Simonyan and Zisserman 2014, arXiv:1409.1556"),
)
