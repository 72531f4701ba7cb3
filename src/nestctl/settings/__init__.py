"""Typed settings and manifest, their precedence, and where each value came from."""
