"""The table that `mockserver routes` prints."""

from __future__ import annotations

from collections.abc import Iterable

from mockserver.model import Credential, Operation

COLUMNS = ("VENDOR", "OPERATION", "METHOD", "PATH", "SUCCESS", "FAILURES", "CREDENTIAL")


def routes_table(operations: Iterable[Operation]) -> str:
    """One line per operation, in columns as wide as what stands in them."""
    rows = [COLUMNS, *(_row(operation) for operation in operations)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)
    return "\n".join(lines)


def _row(operation: Operation) -> tuple[str, ...]:
    failures = " ".join(str(status) for status in sorted(operation.responses) if status >= 400)
    credentials = [" or ".join(_credential(credential) for credential in operation.credentials)]
    if operation.application_key is not None:
        optional = "" if operation.application_key.presence == "required" else " (optional)"
        credentials.append(_credential(operation.application_key) + optional)
    return (
        operation.vendor,
        operation.id,
        operation.method,
        operation.path,
        str(operation.success),
        failures or "-",
        " + ".join(credential for credential in credentials if credential) or "-",
    )


def _credential(credential: Credential) -> str:
    if credential.scheme == "basic":
        return "Basic KEY:"
    if credential.scheme == "bearer":
        return f"Bearer {credential.prefix}…"
    return credential.name if credential.location == "header" else f"?{credential.name}="
