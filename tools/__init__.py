"""What `make` runs to set the project up; the standard library only."""
