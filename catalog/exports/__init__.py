"""The catalogue written down as other shops read it; a writer per format, `run` streams them."""
