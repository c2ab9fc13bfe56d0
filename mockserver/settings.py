"""Every option, declared once with default and help; flags override the environment, which overrides the file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any

from mockserver.errors import SettingsError
from mockserver.support.numbers import is_integer
from mockserver.support.suggestions import closest, hint

ENVIRONMENT_PREFIX = "MOCKSERVER_"
MEBIBYTE = 1024 * 1024
MAX_INTEGER = 2**63 - 1
FINDINGS = ("violation", "conduct", "unclaimed", "unfired", "advisory")
"""What `fail_on` can name: a broken contract, a broken rule of conduct, a request that no account claims, a fault that
did not fire as scripted, and a warning or an advisory on conduct."""
TRUTH = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}

Parser = Callable[[Any, str], Any]
"""Makes the value of an option out of what a source holds; the text says where. Raises SettingsError."""


def option(
    default: Any,
    text: str,
    *,
    metavar: str | None = None,
    choices: tuple[str, ...] = (),
    minimum: int = 0,
    maximum: int = MAX_INTEGER,
    file_only: bool = False,
    aliases: tuple[str, ...] = (),
    parse: Parser | None = None,
) -> Any:
    """A field of Settings: its default, its help and the values that it takes.

    `aliases` are former names, which every source still takes and no help shows. `parse` reads what is no plain value.
    """
    metadata = {
        "help": text,
        "metavar": metavar,
        "choices": choices,
        "minimum": minimum,
        "maximum": maximum,
        "file_only": file_only,
        "aliases": aliases,
        "parse": parse,
    }
    if isinstance(default, dict):
        return field(default_factory=dict, metadata=metadata)
    return field(default=default, metadata=metadata)


def _findings(value: Any, where: str) -> tuple[str, ...]:
    """Kinds of findings, in a list or separated by commas."""
    names = tuple(name for text in _names(value, where) for name in text.replace(",", " ").split())
    for name in names:
        if name not in FINDINGS:
            raise SettingsError(f"{where}: unknown finding '{name}'{hint(name, FINDINGS)}")
    return names


def _rate_limits(value: Any, where: str) -> dict[str, dict[str, int]]:
    expected = "expected {limit: requests, period: seconds}"
    if not isinstance(value, dict):
        raise SettingsError(f"{where}: {expected} by operation or vendor, found {value!r}")
    for name, limit in value.items():
        numbers = limit.values() if isinstance(limit, dict) and set(limit) == {"limit", "period"} else (None,)
        if not all(is_integer(number) and number > 0 for number in numbers):
            raise SettingsError(f"{where}.{name}: {expected}, found {limit!r}")
    return {str(name): dict(limit) for name, limit in value.items()}


def _keys_by_vendor(value: Any, where: str) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, dict):
        raise SettingsError(f"{where}: expected lists of API keys by vendor, found {value!r}")
    for vendor, keys in value.items():
        if not isinstance(keys, list) or not all(isinstance(key, str) and key for key in keys):
            raise SettingsError(f"{where}.{vendor}: expected a list of API keys")
    return {str(vendor): tuple(keys) for vendor, keys in value.items()}


@dataclass(frozen=True)
class Settings:
    """The options of a server. Bytes, seconds and counts are integers; a path or token that is not given is None."""

    host: str = option("127.0.0.1", "Address to listen on.")
    port: int = option(8080, "Port to listen on; 0 picks a free one.", maximum=65535)
    uds: Path | None = option(None, "Unix domain socket to listen on, instead of host and port.", metavar="PATH")
    vendor: tuple[str, ...] = option((), "Use only this vendor; repeat for several.", metavar="NAME")
    profile: str = option(
        "documented",
        "Respond as the vendors' pages document, or as their services are observed to.",
        choices=("documented", "observed"),
    )
    schemas: Path | None = option(
        None,
        "OpenAPI document, one vendor's folder or a folder of vendors, to serve instead of the built-in contracts.",
        metavar="PATH",
    )
    log_level: str = option("info", "Minimum level to log.", choices=("debug", "info", "warning", "error"))
    admin_token: str | None = option(
        None,
        "Bearer token that the control API requires. Needed to use it when the server listens beyond loopback.",
        metavar="TOKEN",
    )
    admin_host: tuple[str, ...] = option(
        (), "Further Host name under which the control API responds; repeat for several.", metavar="NAME"
    )
    max_body_bytes: int = option(
        10 * MEBIBYTE, "Maximum size of a decompressed body, where the contract sets none.", minimum=1
    )
    journal_entries: int = option(10_000, "Maximum exchanges kept per account.", minimum=1)
    journal_bytes: int = option(64 * MEBIBYTE, "Maximum bytes of exchanges kept per account.", minimum=1)
    accounts: int = option(10_000, "Maximum accounts kept; the least recently used is forgotten.", minimum=1)
    total_bytes: int = option(
        1024 * MEBIBYTE,
        "Maximum bytes kept for all accounts; the least recently used loses its oldest first.",
        minimum=1,
    )
    seed: int = option(0, "Seed of ids and of all other randomness.")
    responses: str = option(
        "usual",
        "Vary successful responses within the contract, to find clients that rely on incidental behaviour.",
        choices=("usual", "varied"),
        aliases=("answers",),
    )
    quotas: bool = option(True, "Respond 429 once a vendor's rate limit is used up.")
    state: bool = option(
        False, "Keep what requests create, and read, list, update and delete it, by the shape of paths."
    )
    scenario: tuple[str, ...] = option(
        (), "Fault script to arm: a file, or the name of a packaged one; repeat for several.", metavar="FILE"
    )
    fail_on: tuple[str, ...] = option(
        (),
        f"At the end print a summary, and end with exit code 1 if there was such a finding: {', '.join(FINDINGS)}.",
        metavar="WHAT,…",
        parse=_findings,
    )
    rate_limits: Mapping[str, Mapping[str, int]] = option(
        {}, "{limit: requests, period: seconds} by operation or vendor.", file_only=True, parse=_rate_limits
    )
    accepted_keys: Mapping[str, tuple[str, ...]] = option(
        {}, "The only API keys to accept, by vendor.", file_only=True, parse=_keys_by_vendor
    )
    of_vendors: Mapping[str, Any] = field(default_factory=dict)
    """The vendors' own options: an instance of each vendor's dataclass, by vendor."""


def options_of(kind: type[Any]) -> list[Field[Any]]:
    """The options that a dataclass declares."""
    return [each for each in fields(kind) if each.metadata]


def kind_of(setting: Field[Any]) -> str:
    """The type of an option, as its annotation says it."""
    return setting.type if isinstance(setting.type, str) else setting.type.__name__


def _known_options(vendors: Mapping[str, type[Any]]) -> list[Field[Any]]:
    return [*options_of(Settings), *(setting for kind in vendors.values() for setting in options_of(kind))]


def mistyped_variables(environment: Mapping[str, str], vendors: Mapping[str, type[Any]]) -> Iterator[str]:
    """A warning for each environment variable that is no option, but nearly one, or one of the settings file only.
    Others that begin alike are left alone: a Kubernetes service called mockserver sets some."""
    known = _known_options(vendors)
    names = [name for setting in known for name in (setting.name, *setting.metadata["aliases"])]
    in_file = {setting.name for setting in known if setting.metadata["file_only"]}
    for variable in sorted(environment):
        name = variable.removeprefix(ENVIRONMENT_PREFIX).lower()
        if not variable.startswith(ENVIRONMENT_PREFIX):
            continue
        meant = closest(name, names)
        if name in in_file:
            yield f"environment: {variable} has no effect; set {name} in a settings file"
        elif name not in names and meant is not None:
            yield f"environment: {variable} has no effect; did you mean {ENVIRONMENT_PREFIX}{meant.upper()}?"


def load_settings(
    flags: Mapping[str, Any],
    environment: Mapping[str, str],
    file: Path | None,
    vendors: Mapping[str, type[Any]] = MappingProxyType({}),
) -> Settings:
    """The settings out of their three sources. `flags` holds only what was given on the command line, `vendors` the
    dataclass of each vendor's own options.

    Raises SettingsError that names the source, the option and what would be right.
    """
    values: dict[str, Any] = {}
    known = _known_options(vendors)
    if file is not None:
        for setting, name, value in _chosen(known, _read_file(file), f"{file}: "):
            values[setting.name] = _value(setting, value, f"{file}: {name}")
    variables = {
        name.removeprefix(ENVIRONMENT_PREFIX).lower(): text
        for name, text in environment.items()
        if name.startswith(ENVIRONMENT_PREFIX)
    }
    for setting, name, text in _chosen(known, variables):
        if not setting.metadata["file_only"]:
            value = text.split(",") if kind_of(setting).startswith("tuple") else text
            values[setting.name] = _value(setting, value, f"environment: {ENVIRONMENT_PREFIX}{name.upper()}")
    for setting, name, value in _chosen(known, flags, ""):
        values[setting.name] = _value(setting, value, f"--{name.replace('_', '-')}")
    of_vendors = {
        vendor: kind(**{option.name: values.pop(option.name) for option in options_of(kind) if option.name in values})
        for vendor, kind in vendors.items()
    }
    return Settings(**values, of_vendors=of_vendors)


def _chosen(
    settings: list[Field[Any]], given: Mapping[str, Any], where: str | None = None
) -> Iterator[tuple[Field[Any], str, Any]]:
    """The settings that a source gives, each with the name that it uses and the raw value; the present name of an
    option goes before its former ones. Raises SettingsError for an unknown name, unless `where` is None."""
    known = {setting.name: setting for setting in settings}
    names = {name: setting for setting in known.values() for name in (*setting.metadata["aliases"], setting.name)}
    for name in given if where is not None else ():
        if name not in names:
            raise SettingsError(f"{where}unknown setting '{name}'{hint(name, known)}")
    for name, setting in names.items():
        if name in given:
            yield setting, name, given[name]


def _read_file(file: Path) -> dict[str, Any]:
    from mockserver.support import yaml  # noqa: PLC0415 - only a start with a settings file pays for it

    try:
        content = yaml.read_yaml(file, yaml.SMALL).value()
    except yaml.YamlError as error:
        raise SettingsError(str(error)) from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise SettingsError(f"{file}: expected settings by name, found {type(content).__name__}")
    return {str(name).replace("-", "_"): value for name, value in content.items()}


def _value(setting: Field[Any], value: Any, where: str) -> Any:
    """A raw value as the type of its option."""
    kind = kind_of(setting)
    if setting.metadata["parse"] is not None:
        return setting.metadata["parse"](value, where)
    if kind == "bool":
        return _truth(value, where)
    if kind == "int":
        return _integer(value, where, setting.metadata["minimum"], setting.metadata["maximum"])
    if kind.startswith("tuple"):
        return _names(value, where)
    if not isinstance(value, (str, Path)):
        raise SettingsError(f"{where}: expected text, found {value!r}")
    if setting.name == "admin_token" and not str(value):
        raise SettingsError(f"{where}: expected a token, found none")
    choices = setting.metadata["choices"]
    if choices and value not in choices:
        raise SettingsError(f"{where}: expected one of {', '.join(choices)}, found {value!r}")
    return Path(value) if kind.startswith("Path") else str(value)


def _truth(value: Any, where: str) -> bool:
    truth = value if isinstance(value, bool) else TRUTH.get(str(value).lower())
    if truth is None:
        raise SettingsError(f"{where}: expected true or false, found {value!r}")
    return truth


def _integer(value: Any, where: str, minimum: int, maximum: int) -> int:
    try:
        number = int(value) if not isinstance(value, (bool, float)) else None
    except (TypeError, ValueError):
        number = None
    if number is None or not minimum <= number <= maximum:
        bounds = f"from {minimum} to {maximum}" if maximum < MAX_INTEGER else f"of at least {minimum}"
        raise SettingsError(f"{where}: expected a whole number {bounds}, found {value!r}")
    return number


def _names(value: Any, where: str) -> tuple[str, ...]:
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, (list, tuple)) or not all(isinstance(item, str) for item in values):
        raise SettingsError(f"{where}: expected a list of names, found {value!r}")
    return tuple(item.strip() for item in values)
