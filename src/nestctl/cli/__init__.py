"""Typer commands, thin, one file per noun; they compose the rest."""
