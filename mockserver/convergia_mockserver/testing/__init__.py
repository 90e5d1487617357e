"""The objects that the pytest fixtures provide."""
