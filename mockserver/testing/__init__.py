"""A server to start from a test, the handles on its accounts, and a maker of fixtures for further vendors."""

from mockserver.testing.fixtures import vendor_fixture
from mockserver.testing.server import Backend, MockServer, RunningServer
from mockserver.vendors.datadog.handle import Datadog
from mockserver.vendors.satori.handle import Satori
from mockserver.vendors.supalytics.handle import Supalytics

__all__ = ["Backend", "Datadog", "MockServer", "RunningServer", "Satori", "Supalytics", "vendor_fixture"]
