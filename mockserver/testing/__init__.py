"""A server to start from a test, and the handles on its accounts."""

from mockserver.testing.server import Backend, MockServer, RunningServer
from mockserver.vendors.datadog.handle import Datadog
from mockserver.vendors.satori.handle import Satori
from mockserver.vendors.supalytics.handle import Supalytics

__all__ = ["Backend", "Datadog", "MockServer", "RunningServer", "Satori", "Supalytics"]
