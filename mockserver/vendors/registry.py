"""Finds the behaviours of a vendor by the name of its contract's folder."""

from __future__ import annotations

from mockserver.vendors.base import Vendor
from mockserver.vendors.datadog.behaviour import Datadog
from mockserver.vendors.satori.behaviour import Satori
from mockserver.vendors.supalytics.behaviour import Supalytics

_VENDORS = {vendor.name: vendor for vendor in (Datadog, Satori, Supalytics)}


def vendor_named(name: str) -> Vendor:
    """The behaviours of a vendor; of one that has none of its own, those that hold for any contract."""
    return _VENDORS.get(name, Vendor)()
