"""Makes the pytest fixture of a vendor that the plugin has none for."""

from typing import Any, Unpack

import pytest

from mockserver.client.handle import AccountMaker, AccountOptions, Handle


def vendor_fixture(vendor: str, **options: Unpack[AccountOptions]) -> Any:
    """A fixture that gives each test an account of its own at a vendor, checked at teardown like those of the plugin:
    `acme = vendor_fixture("acme")` in a `conftest.py` or a plugin. The options are those of `make_account`."""

    def account(make_account: AccountMaker) -> Handle:
        return make_account(vendor, **options)

    account.__doc__ = f"This test's own account at {vendor}."
    return pytest.fixture(account)
