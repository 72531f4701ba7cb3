"""What several tests of the application's packages and servers share."""

from __future__ import annotations

import odd_app
import pytest


@pytest.fixture(scope="session")
def packed(tmp_path_factory: pytest.TempPathFactory) -> odd_app.Packed:
    """The odd application, packed for Lambda and for tasks."""
    return odd_app.pack(tmp_path_factory.mktemp("odd"))
