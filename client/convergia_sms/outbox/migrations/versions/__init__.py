"""One file a change, applied in the order that each names its predecessor."""
