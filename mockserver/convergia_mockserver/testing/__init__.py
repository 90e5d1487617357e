"""What the pytest fixtures hand to a test."""
