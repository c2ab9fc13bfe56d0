"""What the tests of contracts share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contracts.documents import Loader


@pytest.fixture
def acme(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Loader:
    """Loads documents of the vendor acme."""
    return Loader(tmp_path, caplog)
