"""ConvNeXt: convolutions in the manner of transformers; the penultimate layer lies behind its LayerNorm."""

from ..cards import Layer
from .imagenet import imagenet_card

_PAPER = "Liu et al. 2022, arXiv:2201.03545"


def _layers(*dimensions: int) -> tuple[Layer, ...]:
    """The first three of four stages."""
    titles = ("Stage 1, early: edges and textures", "Stage 2: patterns", "Stage 3, late: parts of things")
    return tuple(Layer(f"stage{number}", title, dimension, f"features.{2 * number - 1}")
                 for number, (title, dimension) in enumerate(zip(titles, dimensions, strict=True), start=1))


CARDS = (
    imagenet_card(
        "convnext_tiny", title="ConvNeXt Tiny", group="strong",
        advice="Strong on photographs at a moderate size: a good first choice among the strong ones.",
        penultimate=768, layers=_layers(96, 192, 384), shorter_px=236,
        file="convnext_tiny-983f1562.pth", size_mb=109.119, top1=82.52, paper=_PAPER),
    imagenet_card(
        "convnext_base", title="ConvNeXt Base", group="strong",
        advice="Stronger on photographs than ConvNeXt Tiny, and three times as large.",
        penultimate=1024, layers=_layers(128, 256, 512), shorter_px=232,
        file="convnext_base-6075fbad.pth", size_mb=338.064, top1=84.062, paper=_PAPER),
)
