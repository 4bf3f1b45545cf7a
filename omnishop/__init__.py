"""Omnishop: one catalogue, one price, one stock, one order, one person, whatever the channel."""

from omnishop.celery import app as celery_app

__all__ = ["celery_app"]
