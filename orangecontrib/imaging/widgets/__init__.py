"""Widgets for pictures: import them, look at them, turn them into numbers."""

NAME = "Imaging"
DESCRIPTION = "Pictures: import, view, and describe them by deep networks on this computer."
BACKGROUND = "#C9E3DD"
ICON = "icons/Category-Imaging.svg"
PRIORITY = 200
