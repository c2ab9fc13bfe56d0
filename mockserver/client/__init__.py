"""The Python face: a server to start from a test, a handle per vendor, and matchers for what a test cannot know."""

from typing import TYPE_CHECKING, Any

from mockserver.client.control import ControlError
from mockserver.client.datadog import Datadog
from mockserver.client.handle import Handle, Maker
from mockserver.client.matchers import any_value, close_to_now, matching, uuid
from mockserver.client.records import ReceivedEvent, ReceivedRequest
from mockserver.client.satori import Satori
from mockserver.client.supalytics import Supalytics

if TYPE_CHECKING:
    from mockserver.client.server import Backend, MockServer

__all__ = [
    "Backend",
    "ControlError",
    "Datadog",
    "Handle",
    "Maker",
    "MockServer",
    "ReceivedEvent",
    "ReceivedRequest",
    "Satori",
    "Supalytics",
    "any_value",
    "close_to_now",
    "matching",
    "uuid",
]

if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        """What brings the server along is imported when it is asked for: every pytest run imports this package."""
        if name in ("Backend", "MockServer"):
            from mockserver.client import server  # noqa: PLC0415

            return getattr(server, name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
