"""One file a family of networks: its cards, readable without torch, and its builder."""
