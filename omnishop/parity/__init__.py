"""One price in every channel: the doors asked for the same baskets, their answers compared."""
