"""The handle on a Satori account."""

import base64
from collections.abc import Mapping
from typing import Any

from mockserver.client.handle import Handle


class Satori(Handle):
    """An account at Satori: server events."""

    vendor = "satori"

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": "Basic " + base64.b64encode(f"{self.api_key}:".encode()).decode("ascii")}

    def env(self) -> dict[str, str]:
        return {"SATORI_URL": self.url, "SATORI_API_KEY": self.api_key, "MOCKSERVER_URL": self.url}

    def taxonomy(self, taxonomy: Mapping[str, Any]) -> None:
        """Defines which events the project knows: `events`, `max_value_length`, `max_metadata_bytes`, `uuid_ids`.
        Others are thrown away from now on, with the reason that the vendor's debugger shows."""
        self._call("PUT", "/satori/taxonomy", dict(taxonomy))

    def identity(self, identity: str) -> dict[str, Any]:
        """An identity's `events` and `sessions`, as the vendor's dashboard would show them."""
        return dict(self._call("GET", f"/satori/identities/{identity}"))
