"""Example workflows, listed by Orange under Help > Example Workflows."""
