"""Releases: what the sources make, what runs, and which architecture an image is for."""
