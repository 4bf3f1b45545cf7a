"""Retention, access and erasure."""
