"""Both profiles for the tests of facts that hold in either."""

from __future__ import annotations

import pytest
from harness import PROFILES, Server


@pytest.fixture(params=PROFILES)
def either(request: pytest.FixtureRequest) -> Server:
    """The server under test, in one profile and then in the other."""
    found: Server = request.getfixturevalue("server" if request.param == "documented" else "observed")
    return found
