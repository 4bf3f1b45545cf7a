"""Fixtures of the doors."""

from tests.channels.till_desk import shop

__all__ = ["shop"]
