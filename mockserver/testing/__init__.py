"""What a test is written with: a server to start, the handles on its accounts, a clock that lets nobody wait, and a
maker of fixtures for further vendors."""

from mockserver.coupling import CoupledClock
from mockserver.testing.fixtures import vendor_fixture
from mockserver.testing.server import Backend, MockServer, RunningServer
from mockserver.vendors.datadog.handle import Datadog
from mockserver.vendors.satori.handle import Satori
from mockserver.vendors.supalytics.handle import Supalytics

__all__ = [
    "Backend",
    "CoupledClock",
    "Datadog",
    "MockServer",
    "RunningServer",
    "Satori",
    "Supalytics",
    "vendor_fixture",
]
