"""A distribution whose networks fail in different ways."""
