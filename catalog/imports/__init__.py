"""Catalogues of other shops read in: a parser per format gives records, `run` applies them."""
