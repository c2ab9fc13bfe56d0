"""The handle on a vendor of which only the contract is known: it presents the credentials that the contract names."""

import base64
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from mockserver.client.control import accepted
from mockserver.client.handle import Handle


def contract_handle(vendor: str) -> type[Handle]:
    """The class of the handles on a vendor's accounts."""
    return type("ContractHandle", (ContractHandle,), {"vendor": vendor})


class ContractHandle(Handle):
    """An account at a vendor that brings no handle of its own."""

    @cached_property
    def headers(self) -> dict[str, str]:
        document = accepted(self._control.call("GET", f"/contracts/{self.vendor}/openapi.json"))
        schemes = document.get("components", {}).get("securitySchemes", {}).values()
        return dict(pair for scheme in schemes for pair in _headers(scheme, self.api_key))

    def env(self) -> dict[str, str]:
        name = self.vendor.upper().replace("-", "_")
        return {f"{name}_URL": self.url, f"{name}_API_KEY": self.api_key, "MOCKSERVER_URL": self.url}


def _headers(scheme: Mapping[str, Any], key: str) -> Iterator[tuple[str, str]]:
    """The header that presents a key by a security scheme, if it is presented in one."""
    if scheme.get("in") == "header":
        yield scheme["name"], f"{key}-app" if scheme.get("x-role") == "application-key" else key
    elif scheme.get("scheme") == "basic":
        yield "Authorization", "Basic " + base64.b64encode(f"{key}:".encode()).decode("ascii")
    elif scheme.get("scheme") == "bearer":
        yield "Authorization", f"Bearer {key}"
