"""Order history of other systems read in."""
