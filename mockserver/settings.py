"""Every option, declared once with default and help; flags override the environment, which overrides the file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any

from mockserver.errors import SettingsError
from mockserver.support.numbers import is_integer
from mockserver.support.suggestions import hint

ENVIRONMENT_PREFIX = "MOCKSERVER_"
MEBIBYTE = 1024 * 1024


def option(
    default: Any,
    text: str,
    *,
    metavar: str | None = None,
    choices: tuple[str, ...] = (),
    least: int = 0,
    most: int = 2**63 - 1,
    file_only: bool = False,
) -> Any:
    """A field of Settings: its default, its help and the values that it takes."""
    metadata = {
        "help": text,
        "metavar": metavar,
        "choices": choices,
        "least": least,
        "most": most,
        "file_only": file_only,
    }
    if isinstance(default, dict):
        return field(default_factory=dict, metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass(frozen=True)
class Settings:
    """What a server is told. Bytes, seconds and counts are plain integers; an absent path or token is None."""

    host: str = option("127.0.0.1", "Address to listen on.")
    port: int = option(8080, "Port to listen on; 0 picks a free one.", most=65535)
    uds: Path | None = option(None, "Listen on this Unix domain socket instead of host and port.", metavar="PATH")
    vendor: tuple[str, ...] = option((), "Serve only this vendor; may be given more than once.", metavar="NAME")
    profile: str = option("documented", "Answer by the pages, or as observed.", choices=("documented", "observed"))
    schemas: Path | None = option(None, "Folder of contracts to serve instead of the built-in ones.", metavar="DIR")
    log_level: str = option("info", "Least level to log.", choices=("debug", "info", "warning", "error"))
    admin_token: str | None = option(
        None, "Bearer token that the control API asks for; needed when listening beyond loopback.", metavar="TOKEN"
    )
    admin_host: tuple[str, ...] = option((), "Another Host name under which the control API answers.", metavar="NAME")
    max_body_bytes: int = option(
        10 * MEBIBYTE, "Largest body, decompressed, of an operation whose contract gives no limit.", least=1
    )
    journal_entries: int = option(10_000, "Exchanges kept per account.", least=1)
    journal_bytes: int = option(64 * MEBIBYTE, "Bytes of exchanges kept per account.", least=1)
    accounts: int = option(10_000, "Accounts kept; the one used longest ago is forgotten.", least=1)
    seed: int = option(0, "Seed of ids and of everything random.")
    responses: str = option(
        "usual",
        "Vary successful responses within the contract, to find clients that rely on incidental behaviour.",
        choices=("usual", "varied"),
    )
    quotas: bool = option(True, "Answer 429 when a vendor's rate limit is spent.")
    scenario: tuple[str, ...] = option((), "Arm this fault script: a file, or a packaged one's name.", metavar="FILE")
    satori_sessionless_grace_sec: int = option(
        3600, "Seconds after its end in which a session still takes its identity's events that name none (Satori)."
    )
    satori_taxonomy: Mapping[str, Any] = option(
        {}, "The project's events and limits (Satori); in the settings file only.", file_only=True
    )
    rate_limits: Mapping[str, Mapping[str, int]] = option(
        {}, "Operation or vendor to {limit: requests, period: seconds}; in the settings file only.", file_only=True
    )
    accepted_keys: Mapping[str, tuple[str, ...]] = option(
        {}, "Vendor to the only API keys that it accepts; in the settings file only.", file_only=True
    )


def load_settings(flags: Mapping[str, Any], environment: Mapping[str, str], file: Path | None) -> Settings:
    """The settings out of their three sources. `flags` holds only what was given on the command line.

    Raises SettingsError that names the source, the option and what would be right.
    """
    values: dict[str, Any] = {}
    known = {setting.name: setting for setting in fields(Settings)}
    for key, value in (_read_file(file) if file else {}).items():
        name = str(key).replace("-", "_")
        if name not in known:
            raise SettingsError(f"{file}: unknown setting '{name}'{hint(name, known)}")
        values[name] = _value(known[name], value, f"{file}: {name}")
    for name, setting in known.items():
        text = environment.get(ENVIRONMENT_PREFIX + name.upper())
        if text is not None and not setting.metadata["file_only"]:
            value = text.split(",") if str(setting.type).startswith("tuple") else text
            values[name] = _value(setting, value, f"environment: {ENVIRONMENT_PREFIX}{name.upper()}")
    for name, value in flags.items():
        values[name] = _value(known[name], value, f"--{name.replace('_', '-')}")
    return Settings(**values)


def _read_file(file: Path) -> dict[Any, Any]:
    from mockserver.support import yaml  # noqa: PLC0415 - only a start with a settings file pays for it

    try:
        content = yaml.read_yaml(file, yaml.SMALL).value()
    except yaml.YamlError as error:
        raise SettingsError(str(error)) from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise SettingsError(f"{file}: expected settings by name, found {type(content).__name__}")
    return content


def _value(setting: Field[Any], value: Any, where: str) -> Any:
    """A raw value as the type of its option."""
    kind = str(setting.type)
    choices, least, most = (setting.metadata[key] for key in ("choices", "least", "most"))
    if kind == "bool":
        truth = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
        found = value if isinstance(value, bool) else truth.get(str(value).lower())
        if found is None:
            raise SettingsError(f"{where}: expected true or false, found {value!r}")
        return found
    if kind == "int":
        try:
            number = int(value) if not isinstance(value, (bool, float)) else None
        except (TypeError, ValueError):
            number = None
        if number is None or not least <= number <= most:
            bounds = f"from {least} to {most}" if most < 2**63 - 1 else f"of at least {least}"
            raise SettingsError(f"{where}: expected a whole number {bounds}, found {value!r}")
        return number
    if kind.startswith("tuple"):
        values = [value] if isinstance(value, str) else value
        if not isinstance(values, (list, tuple)) or not all(isinstance(item, str) for item in values):
            raise SettingsError(f"{where}: expected a list of names, found {value!r}")
        return tuple(item.strip() for item in values)
    if kind.startswith("Mapping"):
        return _MAPPINGS[setting.name](value, where)
    if not isinstance(value, (str, Path)):
        raise SettingsError(f"{where}: expected text, found {value!r}")
    if setting.name == "admin_token" and not str(value):
        raise SettingsError(f"{where}: expected a token, found none")
    if choices and value not in choices:
        raise SettingsError(f"{where}: expected one of {', '.join(choices)}, found {value!r}")
    return Path(value) if kind.startswith("Path") else str(value)


def _keys_by_vendor(value: Any, where: str) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, dict):
        raise SettingsError(f"{where}: expected a list of keys under each vendor")
    accepted: dict[str, tuple[str, ...]] = {}
    for vendor, keys in value.items():
        if not isinstance(keys, list) or not all(isinstance(key, str) and key for key in keys):
            raise SettingsError(f"{where}.{vendor}: expected a list of API keys")
        accepted[str(vendor)] = tuple(keys)
    return accepted


def _rate_limits(value: Any, where: str) -> dict[str, dict[str, int]]:
    if not isinstance(value, dict):
        raise SettingsError(f"{where}: expected {{limit: requests, period: seconds}} under operations or vendors")
    for name, limit in value.items():
        right = isinstance(limit, dict) and set(limit) == {"limit", "period"}
        if not right or not all(is_integer(number) and number > 0 for number in limit.values()):
            raise SettingsError(f"{where}.{name}: expected {{limit: requests, period: seconds}}, found {limit!r}")
    return {str(name): dict(limit) for name, limit in value.items()}


def _taxonomy(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise SettingsError(f"{where}: expected events, max_value_length, max_metadata_bytes or uuid_ids")
    return value


_MAPPINGS: Mapping[str, Callable[[Any, str], Mapping[str, Any]]] = {
    "accepted_keys": _keys_by_vendor,
    "rate_limits": _rate_limits,
    "satori_taxonomy": _taxonomy,
}
