"""MobileNet v3: a small network for modest machines."""

from ..cards import Layer
from .imagenet import imagenet_card

# Howard et al., section 5; the stages end where the grid halves.
CARDS = (
    imagenet_card(
        "mobilenet_v3_large", title="MobileNet v3", group="fast",
        advice="Made for telephones: small, fast, and better on photographs than ResNet-18.",
        penultimate=1280,
        layers=(Layer("stage2", "Stage 2, early: edges and textures", 24, "features.3"),
                Layer("stage3", "Stage 3: patterns", 40, "features.6"),
                Layer("stage4", "Stage 4, late: parts of things", 112, "features.12"),
                Layer("stage5", "Last feature map", 960, "features.16")),
        file="mobilenet_v3_large-5c1a4163.pth", size_mb=21.107, top1=75.274, shorter_px=232,
        paper="Howard et al. 2019, arXiv:1905.02244"),
)
