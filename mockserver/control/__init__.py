"""The control API under /__admin: what tests and people read and steer the server with."""

from mockserver.control.api import control_app

__all__ = ["control_app"]
