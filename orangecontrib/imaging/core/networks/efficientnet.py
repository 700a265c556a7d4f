"""EfficientNet: networks of eight sizes, each for pictures of its own size; and version 2."""

from ..cards import Layer
from .imagenet import BSD, imagenet_card

_PAPER = "Tan and Le 2019, arXiv:1905.11946"
_RWIGHTMAN = "Apache-2.0 (the LICENSE of github.com/huggingface/pytorch-image-models, where R. Wightman trained them)"
_LUKEMELAS = "Apache-2.0 (the LICENSE of github.com/lukemelas/EfficientNet-PyTorch, from which torchvision took them)"


def _layers(*dimensions: int, last: int = 7) -> tuple[Layer, ...]:
    """Ends of stages, where the grid is about to halve, and the last stage before the head."""
    nodes = zip(("stage2", "stage3", "stage5", f"stage{last}"), (2, 3, 5, last), dimensions, strict=True)
    titles = ("early: edges and textures", "patterns", "parts of things", "late: things")
    return tuple(Layer(name, f"Stage {number}{', ' if number in (2, last) else ': '}{title}", dimension,
                       f"features.{number}")
                 for (name, number, dimension), title in zip(nodes, titles, strict=True))


CARDS = (
    imagenet_card(
        "efficientnet_b0", title="EfficientNet-B0", group="fast",
        advice="Small, quick and good on photographs.",
        penultimate=1280, layers=_layers(24, 40, 112, 320), input_px=224, shorter_px=256, resample="bicubic",
        file="efficientnet_b0_rwightman-7f5810bc.pth", size_mb=20.451, top1=77.692, licence=_RWIGHTMAN, paper=_PAPER),
    imagenet_card(
        "efficientnet_b1", title="EfficientNet-B1", group="strong",
        advice="A little larger than EfficientNet-B0.",
        penultimate=1280, layers=_layers(24, 40, 112, 320), input_px=240, shorter_px=255, resample="bilinear",
        file="efficientnet_b1-c27df63c.pth", size_mb=30.136, top1=79.838, licence=BSD, paper=_PAPER),
    imagenet_card(
        "efficientnet_b2", title="EfficientNet-B2", group="strong",
        advice="Sees pictures at 288 pixels: more detail than most.",
        penultimate=1408, layers=_layers(24, 48, 120, 352), input_px=288, shorter_px=288, resample="bicubic",
        file="efficientnet_b2_rwightman-c35c1473.pth", size_mb=35.174, top1=80.608, licence=_RWIGHTMAN, paper=_PAPER),
    imagenet_card(
        "efficientnet_b3", title="EfficientNet-B3", group="strong",
        advice="A good balance of size and quality on photographs.",
        penultimate=1536, layers=_layers(32, 48, 136, 384), input_px=300, shorter_px=320, resample="bicubic",
        file="efficientnet_b3_rwightman-b3899882.pth", size_mb=47.184, top1=82.008, licence=_RWIGHTMAN, paper=_PAPER),
    imagenet_card(
        "efficientnet_b4", title="EfficientNet-B4", group="strong",
        advice="For fine detail: it sees pictures at 380 pixels.",
        penultimate=1792, layers=_layers(32, 56, 160, 448), input_px=380, shorter_px=384, resample="bicubic",
        file="efficientnet_b4_rwightman-23ab8bcd.pth", size_mb=74.489, top1=83.384, licence=_RWIGHTMAN, paper=_PAPER),
    imagenet_card(
        "efficientnet_b5", title="EfficientNet-B5", group="strong",
        advice="For very fine detail: 456 pixels, and slow.",
        penultimate=2048, layers=_layers(40, 64, 176, 512), input_px=456, shorter_px=456, resample="bicubic",
        file="efficientnet_b5_lukemelas-1a07897c.pth", size_mb=116.864, top1=83.444, licence=_LUKEMELAS, paper=_PAPER),
    imagenet_card(
        "efficientnet_b6", title="EfficientNet-B6", group="strong",
        advice="For very fine detail: 528 pixels, and very slow.",
        penultimate=2304, layers=_layers(40, 72, 200, 576), input_px=528, shorter_px=528, resample="bicubic",
        file="efficientnet_b6_lukemelas-24a108a5.pth", size_mb=165.362, top1=84.008, licence=_LUKEMELAS, paper=_PAPER),
    imagenet_card(
        "efficientnet_b7", title="EfficientNet-B7", group="strong",
        advice="The largest pictures, 600 pixels: only with a graphics card, or patience.",
        penultimate=2560, layers=_layers(48, 80, 224, 640), input_px=600, shorter_px=600, resample="bicubic",
        file="efficientnet_b7_lukemelas-c5b4e57e.pth", size_mb=254.675, top1=84.122, licence=_LUKEMELAS, paper=_PAPER),
    imagenet_card(
        "efficientnet_v2_s", title="EfficientNet v2 S", group="strong",
        advice="The best of this list on photographs; 384 pixels, and slow without a graphics card.",
        penultimate=1280, layers=_layers(48, 64, 160, 256, last=6), input_px=384, shorter_px=384,
        file="efficientnet_v2_s-dd5fe13b.pth", size_mb=82.704, top1=84.228, paper="Tan and Le 2021, arXiv:2104.00298"),
)
