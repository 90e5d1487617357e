"""Commands that print every figure in the docs, as ratios against a peer in the same run."""
