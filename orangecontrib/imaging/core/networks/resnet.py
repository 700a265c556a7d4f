"""ResNet and its kin: deep networks with shortcuts."""

from ..cards import Layer
from .imagenet import imagenet_card


def _layers(stem: int, *stages: int) -> tuple[Layer, ...]:
    """The stem and the first three of four stages; the last one, averaged, is the penultimate layer."""
    titles = ("Stage 1, early: edges and textures", "Stage 2: patterns", "Stage 3, late: parts of things")
    return (Layer("stem", "Stem: edges and colors", stem, "maxpool"),
            *(Layer(f"layer{number}", title, dimension, f"layer{number}")
              for number, (title, dimension) in enumerate(zip(titles, stages, strict=True), start=1)))


CARDS = (
    imagenet_card(
        "resnet18", title="ResNet-18", group="fast",
        advice="A small ResNet: a good second opinion beside SqueezeNet.",
        penultimate=512, layers=_layers(64, 64, 128, 256), shorter_px=256,
        file="resnet18-f37072fd.pth", size_mb=44.661, top1=69.758,
        paper="He et al. 2015, arXiv:1512.03385"),
    imagenet_card(
        "resnet50", title="ResNet-50", group="classic",
        advice="The usual yardstick: choose it to compare with other people's results.",
        penultimate=2048, layers=_layers(64, 256, 512, 1024), shorter_px=232,
        file="resnet50-11ad3fa6.pth", size_mb=97.79, top1=80.858,
        paper="He et al. 2015, arXiv:1512.03385"),
    imagenet_card(
        "resnet152", title="ResNet-152", group="classic",
        advice="The deepest ResNet: slower than ResNet-50, and a little better on photographs.",
        penultimate=2048, layers=_layers(64, 256, 512, 1024), shorter_px=232,
        file="resnet152-f82ba261.pth", size_mb=230.474, top1=82.284,
        paper="He et al. 2015, arXiv:1512.03385"),
    imagenet_card(
        "resnext50_32x4d", title="ResNeXt-50", group="strong",
        advice="As large as ResNet-50, and a little better on photographs.",
        penultimate=2048, layers=_layers(64, 256, 512, 1024), shorter_px=232,
        file="resnext50_32x4d-1a0047aa.pth", size_mb=95.833, top1=81.198,
        paper="Xie et al. 2016, arXiv:1611.05431"),
    imagenet_card(
        "resnext101_64x4d", title="ResNeXt-101", group="strong",
        advice="A large network for photographs, where time does not matter.",
        penultimate=2048, layers=_layers(64, 256, 512, 1024), shorter_px=232,
        file="resnext101_64x4d-173b62eb.pth", size_mb=319.318, top1=83.246,
        paper="Xie et al. 2016, arXiv:1611.05431"),
    imagenet_card(
        "wide_resnet50_2", title="Wide ResNet-50", group="strong",
        advice="ResNet-50 with twice as many channels inside: its middle layers are rich.",
        penultimate=2048, layers=_layers(64, 256, 512, 1024), shorter_px=232,
        file="wide_resnet50_2-9ba9bcbe.pth", size_mb=263.124, top1=81.602,
        paper="Zagoruyko and Komodakis 2016, arXiv:1605.07146"),
)
