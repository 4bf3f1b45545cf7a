"""Writes about people: who they are, what they agreed to, what we tell them."""
