"""Sets of people told by rules: the rule language, its conditions, and the one statement."""
