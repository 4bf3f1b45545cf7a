"""The floor F: a bare Django view that reads one row and renders a small template."""
