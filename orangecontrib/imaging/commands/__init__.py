"""One file a command of ``orange-imaging``."""
