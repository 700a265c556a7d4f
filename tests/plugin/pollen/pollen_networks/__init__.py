"""An example of a distribution that adds a network to Orange3-Imaging."""
