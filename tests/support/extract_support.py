"""Names that the extractor's tests share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click.testing

Run = Callable[..., click.testing.Result]
ROOT = Path(__file__).resolve().parents[2]
