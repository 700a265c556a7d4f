"""Builders that fail, or give what they should not."""

import sys

import torch
from torch import nn


def raises(card, layers, data, dense):
    raise KeyError("colours are missing\nand a second line")


def leaves(card, layers, data, dense):
    sys.exit("bye")


def gives_text(card, layers, data, dense):
    return "a network"


class Fixed(nn.Module):
    def __init__(self, *shape, value=0.0):
        super().__init__()
        self.shape, self.value = shape, value

    def forward(self, x):
        return torch.full(self.shape, self.value)


def too_long(card, layers, data, dense):
    return Fixed(2, 5)


def one_for_all(card, layers, data, dense):
    return Fixed(1, 4)


def not_numbers(card, layers, data, dense):
    return Fixed(2, 4, value=float("nan"))


def fails_later(card, layers, data, dense):
    return nn.Linear(7, 4)
