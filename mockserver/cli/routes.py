"""The command `mockserver routes`."""

import textwrap
from collections.abc import Iterable, Mapping
from typing import Any

import click

from mockserver.cli.options import settings_options
from mockserver.contracts import overlay_actions
from mockserver.operations import Credential, Operation
from mockserver.settings import Settings
from mockserver.support.evidence import annotation_of, evidence_of
from mockserver.support.tables import table
from mockserver.vendors.contracts import known_contracts, load_contracts

COLUMNS = ("VENDOR", "OPERATION", "METHOD", "PATH", "SUCCESS", "FAILURES", "CREDENTIAL")


@click.command("routes")
@settings_options("vendor", "profile", "schemas")
@click.option(
    "--explain", is_flag=True, help="List what the profile adds to the vendors' pages, with reasons and evidence."
)
def routes(settings: Settings, explain: bool) -> None:
    """Print a table of the served endpoints."""
    catalogue = load_contracts(settings.schemas, settings.vendor, settings.profile)
    documents = known_contracts(settings.schemas)
    prefixes = {vendor: catalogue.prefix_of(vendor) for vendor in catalogue.vendors}
    rows = [_row(operation, prefixes[operation.vendor]) for operation in catalogue.operations]
    for line in table([COLUMNS, *rows]):
        click.echo(line)
    for vendor in catalogue.vendors if explain else ():
        actions = overlay_actions(documents[vendor], settings.profile)
        if actions:
            click.echo(f"\n{explanation(vendor, settings.profile, actions, catalogue.operations)}")


def _row(operation: Operation, prefix: str) -> tuple[str, ...]:
    failures = " ".join(str(status) for status in sorted(operation.responses) if status >= 400)
    credentials = [_account_credentials(operation)]
    if operation.application_key is not None:
        optional = "" if operation.application_key.presence == "required" else " (optional)"
        credentials.append(_credential(operation.application_key) + optional)
    return (
        operation.vendor,
        operation.id,
        operation.method,
        f"{prefix}{operation.path}",
        str(operation.success),
        failures or "-",
        " + ".join(credential for credential in credentials if credential) or "-",
    )


def _account_credentials(operation: Operation) -> str:
    """The alternatives of credentials, those that are presented together joined by `+`."""
    alternatives = operation.requirements or tuple((each,) for each in operation.credentials)
    worded = [" + ".join(map(_credential, each)) for each in alternatives]
    return " or ".join([*worded, "none"] if operation.anonymous else worded)


def _credential(credential: Credential) -> str:
    if credential.scheme == "basic":
        return "Basic KEY:"
    if credential.scheme != "apiKey":
        return f"{credential.scheme.capitalize()} {credential.prefix}…"
    forms = {"header": "{}", "query": "?{}=", "cookie": "cookie {}"}
    return forms[credential.location].format(credential.name)


def explanation(
    vendor: str, profile: str, actions: Iterable[Mapping[str, Any]], operations: Iterable[Operation]
) -> str:
    """What a profile adds to a vendor's pages: for each operation the reasons, each with its evidence."""
    paths = {each.id: (f"'{each.path}'", f"'{each.id}.") for each in operations if each.vendor == vendor}
    grouped: dict[str, dict[tuple[str, str], None]] = {}
    for action in actions:
        evidence = evidence_of(annotation_of(action))
        line = (str(action.get("x-reason") or "No reason is given."), f"{evidence.kind}: {evidence.source}")
        about = [name for name, marks in paths.items() if any(mark in action["target"] for mark in marks)]
        grouped.setdefault(", ".join(about) or "every operation", {})[line] = None
    what = "differs from the pages" if profile == "observed" else "is added to the tables"
    lines = [f"{vendor}: what {what}"]
    for operation, reasons in grouped.items():
        lines += ["", f"  {operation}"]
        for reason, source in reasons:
            lines += textwrap.wrap(reason, 110, initial_indent="    - ", subsequent_indent="      ")
            lines.append(f"      {source}")
    return "\n".join(lines)
