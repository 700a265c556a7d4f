"""The engine: pictures in, vectors out. It needs neither Orange nor Qt, and importing it loads no torch."""
