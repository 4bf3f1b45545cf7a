"""Writes of the loyalty programme, by subject."""
