"""Vision transformers: ViT (the class token behind the last norm) and Swin."""

from ..cards import Layer
from .imagenet import imagenet_card

_DEPTHS = ("early: edges and textures", "patterns", "late: parts of things")

CARDS = (
    imagenet_card(
        "vit_b_16", title="ViT-B/16", group="strong",
        advice="Sees the whole picture at once, not piece by piece: a different second opinion.",
        penultimate=768,
        layers=tuple(Layer(f"block{number + 1}", f"Block {number + 1} of 12, mean of its tokens", 768,
                           f"encoder.layers.encoder_layer_{number}", averaged=(1,)) for number in (2, 5, 8)),
        file="vit_b_16-c867db91.pth", size_mb=330.285, top1=81.072, shorter_px=256, dense=False,
        paper="Dosovitskiy et al. 2020, arXiv:2010.11929"),
    imagenet_card(
        "swin_t", title="Swin Tiny", group="strong",
        advice="A transformer with windows: strong on photographs, about as large as ResNet-50.",
        penultimate=768,
        layers=tuple(Layer(f"stage{number}", f"Stage {number}{': ' if number == 2 else ', '}{depth}", 48 << number,
                           f"features.{2 * number - 1}", averaged=(1, 2))
                     for number, depth in enumerate(_DEPTHS, start=1)),
        file="swin_t-704ceda3.pth", size_mb=108.19, top1=81.474, shorter_px=232, resample="bicubic",
        paper="Liu et al. 2021, arXiv:2103.14030"),
)
