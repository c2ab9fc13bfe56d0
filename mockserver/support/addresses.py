"""Tells the addresses of this machine from others."""

import ipaddress


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a host: `localhost`, 127.0.0.0/8 or ::1. No name is looked up."""
    if host.lower() == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback
