"""The vendors' behaviours, by the name of their contract's folder."""

from mockserver.vendors.base import Vendor
from mockserver.vendors.datadog import Datadog
from mockserver.vendors.satori import Satori
from mockserver.vendors.supalytics import Supalytics

__all__ = ["Vendor", "vendor_named"]

_VENDORS = {vendor.name: vendor for vendor in (Datadog, Satori, Supalytics)}


def vendor_named(name: str) -> Vendor:
    """The behaviours of a vendor; of one that has none of its own, those that hold for any contract."""
    return _VENDORS.get(name, Vendor)()
