"""Pieces of user interface that several widgets share. They know the engine and Qt, not Orange."""
