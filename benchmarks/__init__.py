"""What the house costs, as ratios against a floor measured in the same run (DESIGN 6)."""
