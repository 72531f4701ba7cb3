"""App configuration."""

from __future__ import annotations

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    """Projects and chapters."""

    name = "catalog"
