"""``python -m orangecontrib.imaging`` is the command ``orange-imaging``."""

import sys

from orangecontrib.imaging.cli import main

sys.exit(main())
