"""The command `mockserver faults`."""

import json
from collections.abc import Mapping
from typing import Any

import click

from mockserver.cli.remote import Remote, remote, rows
from mockserver.client.findings import script_of
from mockserver.client.handle import read_script

COLUMNS = ("FAULT", "ACCOUNT", "FIRED", "REMAINING", "MATCHED", "SCRIPT")


@click.command("faults")
@click.argument("script", required=False)
@click.option("--clear", is_flag=True, help="Disarm them instead.")
@remote
def faults(server: Remote, script: str | None, clear: bool) -> None:
    """List the scripted faults with how often they fired. With SCRIPT, arm it: a packaged scenario by its name, a YAML
    file, or JSON such as '{"status": 503, "times": 2}'."""
    if clear and script is not None:
        raise click.UsageError("--clear takes no SCRIPT")
    if clear:
        cleared = server.call("DELETE", "/faults")
        server.show(cleared, [f"{cleared['cleared']} disarmed"])
        return
    listing = server.call("GET", "/faults") if script is None else server.call("POST", "/faults", _read(script))
    server.show(listing, rows(COLUMNS, map(_row, listing["faults"])))


def _read(script: str) -> Any:
    if not script.lstrip().startswith(("{", "[")):
        return read_script(script)
    try:
        return json.loads(script)
    except ValueError as error:
        raise click.BadParameter(f"{script!r} is not JSON: {error}", param_hint="SCRIPT") from None


def _row(fault: Mapping[str, Any]) -> list[Any]:
    shown = [fault[key] for key in ("id", "account", "fired")]
    return [*shown, fault["remaining"], fault["matched"], json.dumps(script_of(fault), ensure_ascii=False)]
