"""What Supalytics' dashboard would show: the visitors and their events."""

from pathlib import Path

from mockserver.model import Json
from mockserver.vendors.views import View, ViewCall, ViewError, Views, count_by_identity


def visitors(call: ViewCall) -> Json:
    """Every visitor with the number of its events, and how many events have none."""
    people, without = count_by_identity(call.events())
    return {"visitors": people, "events_without_visitor": without}


def visitor(call: ViewCall) -> Json:
    """A visitor's events."""
    name = call.path_values["id"]
    events = [event for event in call.events() if event.identity == name]
    if not events:
        raise ViewError(f"there is no visitor {name!r}", status=404)
    return {"visitor": name, "events": call.event_views(events)}


VIEWS = Views(
    (View("GET", "/visitors", visitors), View("GET", "/visitors/{id:path}", visitor)),
    Path(__file__).with_name("control.yaml"),
)
