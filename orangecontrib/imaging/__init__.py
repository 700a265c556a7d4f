"""Pictures on Orange's canvas: from a folder of images to clusters, maps and tested classifiers.

The engine is ``orangecontrib.imaging.core``; nothing is loaded by importing this package.
"""

__version__ = "0.1.0"
