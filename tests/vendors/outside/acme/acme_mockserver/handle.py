"""The handle on an Acme account."""

from __future__ import annotations

from typing import Any

from mockserver.client.handle import Handle


class Acme(Handle):
    """An account at Acme: things."""

    vendor = "acme"

    @property
    def headers(self) -> dict[str, str]:
        return {"X-Acme-Key": self.api_key}

    def env(self) -> dict[str, str]:
        return {"ACME_URL": self.url, "ACME_KEY": self.api_key}

    @property
    def things(self) -> list[dict[str, Any]]:
        """Everything that the account keeps."""
        return list(self._call("GET", "/acme/things")["things"])

    def number_from(self, number: int) -> None:
        """The number of the next thing."""
        self._call("PUT", "/acme/next-id", {"number": number})
