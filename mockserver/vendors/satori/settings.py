"""Satori's own options."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mockserver.errors import SettingsError
from mockserver.settings import option

if TYPE_CHECKING:
    from mockserver.vendors.satori.taxonomy import Taxonomy


def _taxonomy(value: Any, where: str) -> Taxonomy:
    from mockserver.vendors.satori.taxonomy import TaxonomyError, read_taxonomy  # noqa: PLC0415 - few give one

    try:
        return read_taxonomy(value)
    except TaxonomyError as error:
        raise SettingsError(f"{where}: {error}") from None


@dataclass(frozen=True)
class SatoriSettings:
    """How every project behaves unless a test says otherwise."""

    satori_sessionless_grace_sec: int = option(
        3600, "Seconds for which an ended session still takes its identity's events that name no session (Satori)."
    )
    satori_taxonomy: Taxonomy | None = option(
        None, "The project's events and limits (Satori).", file_only=True, parse=_taxonomy
    )
