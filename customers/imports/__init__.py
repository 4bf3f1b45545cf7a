"""Reading people of other shops into the golden record."""
