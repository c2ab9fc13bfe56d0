"""The handle on a vendor of which only the contract is known: it presents the credentials that the contract names."""

import base64
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from mockserver.client.control import accepted
from mockserver.client.handle import Handle


def contract_handle(vendor: str) -> type[Handle]:
    """The class of the handles on a vendor's accounts."""
    return type("ContractHandle", (ContractHandle,), {"vendor": vendor})


class ContractHandle(Handle):
    """An account at a vendor that brings no handle of its own. Where the vendor takes no credentials, every handle is
    on the one account that everybody shares."""

    @cached_property
    def _credentials(self) -> list[tuple[str, str, str]]:
        document = accepted(self._control.call("GET", f"/contracts/{self.vendor}/openapi.json"))
        schemes = document.get("components", {}).get("securitySchemes", {})
        used = dict.fromkeys(_used(document)) or schemes
        return [each for name in used if name in schemes for each in _credential(schemes[name], self.api_key)]

    @property
    def headers(self) -> dict[str, str]:
        headers: dict[str, str] = {}
        for location, name, value in self._credentials:
            if location == "header":
                headers.setdefault(name, value)
        cookies = [f"{name}={value}" for location, name, value in self._credentials if location == "cookie"]
        return headers | ({"Cookie": "; ".join(cookies)} if cookies else {})

    @property
    def query(self) -> dict[str, str]:
        """The query parameters that carry this account's credentials, where the contract has them there."""
        return {name: value for location, name, value in self._credentials if location == "query"}

    def env(self) -> dict[str, str]:
        name = re.sub(r"\W", "_", self.vendor.upper())
        return {f"{name}_URL": self.url, f"{name}_API_KEY": self.api_key, "MOCKSERVER_URL": self.url}


def _used(document: Mapping[str, Any]) -> Iterator[str]:
    """The names of the security schemes that a contract asks for: those of all operations first."""
    operations = [
        each for item in document.get("paths", {}).values() for each in item.values() if isinstance(each, dict)
    ]
    for holder in (document, *operations):
        for requirement in holder.get("security") or ():
            yield from requirement


def _credential(scheme: Mapping[str, Any], key: str) -> Iterator[tuple[str, str, str]]:
    """Location, name and value by which a key is presented by a security scheme, if it can be."""
    if scheme.get("type") == "apiKey":
        yield scheme["in"], scheme["name"], f"{key}-app" if scheme.get("x-role") == "application-key" else key
    elif str(scheme.get("scheme")).lower() == "basic":
        yield "header", "Authorization", "Basic " + base64.b64encode(f"{key}:".encode()).decode("ascii")
    elif scheme.get("type") == "http":
        yield "header", "Authorization", f"{str(scheme['scheme']).capitalize()} {key}"
    elif scheme.get("type") in ("oauth2", "openIdConnect"):
        yield "header", "Authorization", f"Bearer {key}"
