"""The handle on a Supalytics account."""

from typing import Any

from mockserver.client.handle import Handle


class Supalytics(Handle):
    """An account at Supalytics: events."""

    vendor = "supalytics"

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.api_key}"}

    def env(self) -> dict[str, str]:
        return {"SUPALYTICS_URL": self.url, "SUPALYTICS_API_KEY": self.api_key, "MOCKSERVER_URL": self.url}

    def visitor(self, visitor: str) -> list[dict[str, Any]]:
        """A visitor's events."""
        return list(self._call("GET", f"/supalytics/visitors/{visitor}")["events"])
