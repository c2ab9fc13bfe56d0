"""The Python face: a server to start from a test, a handle per vendor, and matchers for what a test cannot know."""

from mockserver.client.control import ControlError
from mockserver.client.handles import Datadog, Handle, Maker, Satori, Supalytics
from mockserver.client.matchers import any_value, close_to_now, matching, uuid
from mockserver.client.records import ReceivedEvent, ReceivedRequest
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
