"""Turns the application's sources into what AWS runs: a Lambda archive, images, static files."""
