"""Reads and writes YAML, for contracts, overlays, settings, fault scripts and cassettes alike.

The reader refuses duplicate keys, aliases that refer to themselves, dates that no calendar has, bytes that are not
UTF-8, and nesting, numbers and expanded aliases beyond a bound. Every failure is a YamlError.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import yaml
from yaml.composer import Composer
from yaml.constructor import ConstructorError

from mockserver.support.pointers import parts_of

MAX_ALIASED = 1_000_000
"""Values that the aliases of a document may stand for, each counted as often as it is repeated."""
MAX_NUMBER_CHARACTERS = 1_000
MAX_BYTES = 64 * 1024 * 1024
"""The size of a file; a device without an end is larger."""
TEXT_WEIGHT = 1_000
"""A text counts as one more value for each of so many characters, because an alias may repeat a long one."""
WIDTH = 120
TAG = "tag:yaml.org,2002:"
SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Bounds(NamedTuple):
    """How large a document may be: its values with aliases expanded, and the levels on which they stand."""

    nodes: int
    depth: int


USUAL = Bounds(nodes=1_000_000, depth=100)
SMALL = Bounds(nodes=100_000, depth=100)
"""For files that people write by hand; a larger one is refused within a second."""


class Readable(Protocol):
    """A binary stream."""

    def read(self, size: int = -1, /) -> bytes: ...


class YamlError(Exception):
    """A YAML document is refused. `line` counts from 1; it is None where the failure has no line."""

    def __init__(self, file: object, line: int | None, problem: str) -> None:
        self.file, self.line, self.problem = file, line, " ".join(problem.split())
        super().__init__(": ".join(filter(None, (str(file), self.place, self.problem))))

    @property
    def place(self) -> str:
        """`line 3`; "" where the line is not known."""
        return "" if self.line is None else f"line {self.line}"


class YamlDocument:
    """A document that knows the line of each value. `root` is its top node, None in an empty file.

    `source` is the whole content, or a stream; `file` names it in errors. Raises YamlError.
    """

    def __init__(self, source: bytes | Readable, file: object, bounds: Bounds = USUAL) -> None:
        self._source, self._file = source, file
        self._loader: Any = self._guarded(lambda: _Loader(source, bounds))
        self.root: Any = self._guarded(self._loader.get_single_node)

    def value(self) -> Any:
        """The whole document. Raises YamlError."""
        return None if self.root is None else self.value_of(self.root)

    def value_of(self, node: yaml.Node) -> Any:
        """The value of one node; after a failure the others can still be read. Raises YamlError."""
        try:
            return self._guarded(lambda: self._loader.construct_document(node))
        finally:
            self._loader.forget()

    def line_of(self, pointer: str) -> int:
        """The line, from 1, of what a JSON Pointer leads to, or of the last node on its way."""
        node, line = self.root, 0 if self.root is None else self.root.start_mark.line
        for part in parts_of(pointer):
            marked, node = _member(node, part)
            if marked is None:
                break
            line = marked.start_mark.line
        return int(line) + 1

    def _guarded(self, step: Callable[[], Any]) -> Any:
        try:
            return step()
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            problem = ", ".join(filter(None, (error.context, error.problem)))
            raise YamlError(self._file, mark.line + 1 if mark else None, problem or "is not YAML") from None
        except yaml.reader.ReaderError as error:
            content = self._source if isinstance(self._source, bytes) else b""
            line = content.count(b"\n", 0, error.position) + 1 if content else None
            raise YamlError(self._file, line, error.reason) from None


def read_yaml(path: Path, bounds: Bounds = USUAL) -> YamlDocument:
    """The document of a file. Raises YamlError, also where the file cannot be read."""
    content = b""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        content.decode("utf-8")
    except OSError as error:
        raise YamlError(path, None, f"cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise YamlError(path, content.count(b"\n", 0, error.start) + 1, "is not text in UTF-8") from None
    if len(content) > MAX_BYTES:
        raise YamlError(path, None, f"is larger than {MAX_BYTES} bytes")
    return YamlDocument(content, path, bounds)


class _Loader(SafeLoader):  # type: ignore[misc]
    """PyYAML's safe loader with the bounds of this module, and with the tags that Python 2 programs write for texts.

    libyaml scans and parses where it is installed. Python always composes: the composer in C recurses without a bound,
    so that a file of 100,000 brackets ends the process.
    """

    get_single_node, compose_document = Composer.get_single_node, Composer.compose_document
    compose_scalar_node, compose_sequence_node = Composer.compose_scalar_node, Composer.compose_sequence_node

    def __init__(self, source: bytes | Readable, bounds: Bounds) -> None:
        super().__init__(source)
        self.anchors: dict[str, yaml.Node] = {}
        self._bounds = bounds
        self._nodes = self._aliased = self._depth = 0
        self._deepest = 0
        self._sizes: dict[str, tuple[int, int]] = {}

    def compose_node(self, parent: Any, index: Any) -> Any:
        """One node with all below it. Counts nodes and levels, and how many of them each alias of an anchor repeats."""
        event = self.peek_event()
        if isinstance(event, yaml.AliasEvent):
            self._repeat(event)
            return Composer.compose_node(self, parent, index)
        nodes, deepest = self._nodes, self._deepest
        self._depth += 1
        self._nodes += 1 + len(getattr(event, "value", "")) // TEXT_WEIGHT
        self._deepest = self._depth
        self._check(event)
        node = Composer.compose_node(self, parent, index)
        if event.anchor is not None:
            self._sizes[event.anchor] = (self._nodes - nodes, self._deepest - self._depth)
        self._depth -= 1
        self._deepest = max(self._deepest, deepest)
        return node

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        """A mapping. Keys are duplicates where their text or their value is equal: 16 and '16', 16 and 0x10."""
        node = Composer.compose_mapping_node(self, anchor)
        seen: set[Any] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                names = {key.value} if key.tag in _SPELT else {key.value, self.construct_object(key)}
                if names & seen:
                    raise _refused(f"'{key.value}' is given twice", key)
                seen |= names
        return node

    def forget(self) -> None:
        """Drops what a failure left incomplete."""
        for kept in (self.constructed_objects, self.recursive_objects, self.state_generators):
            kept.clear()
        self.deep_construct = False

    def _repeat(self, event: yaml.AliasEvent) -> None:
        if event.anchor in self._sizes:
            nodes, levels = self._sizes[event.anchor]
            self._nodes += nodes
            self._aliased += nodes
            self._deepest = max(self._deepest, self._depth + 1 + levels)
            self._check(event)
        elif event.anchor in self.anchors:
            raise _refused(f"the alias *{event.anchor} refers to itself", event)

    def _check(self, event: yaml.NodeEvent) -> None:
        if self._deepest > self._bounds.depth:
            problem = f"is nested more than {self._bounds.depth} levels deep"
        elif self._nodes > self._bounds.nodes:
            problem = f"holds more than {self._bounds.nodes} values, with aliases expanded"
        elif self._aliased > MAX_ALIASED:
            problem = f"its aliases expand to more than {MAX_ALIASED} values"
        else:
            return
        raise _refused(problem, event)


def _refused(problem: str, at: Any) -> ConstructorError:
    return ConstructorError(None, None, problem, at.start_mark)


_SPELT = frozenset(TAG + name for name in ("str", "merge", "value", "python/str", "python/unicode"))
"""The tags of keys that are compared by their text only; `<<` and `=` stand for no value."""


def _checked(construct: Callable[[Any, Any], Any], what: str) -> Callable[[Any, Any], Any]:
    """A constructor of PyYAML that always fails with a ConstructorError; unchecked, it raises others for some texts."""

    def constructed(loader: Any, node: Any) -> Any:
        if len(node.value) > MAX_NUMBER_CHARACTERS:
            problem = f"{len(node.value)} characters are too many for {what}: at most {MAX_NUMBER_CHARACTERS}"
            raise _refused(problem, node)
        try:
            return construct(loader, node)
        except (ValueError, ArithmeticError, LookupError, AttributeError):
            raise _refused(f"{node.value!r} is not {what}", node) from None

    return constructed


for _name, _what in {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "timestamp": "a date",
}.items():
    _Loader.add_constructor(TAG + _name, _checked(getattr(_Loader, f"construct_yaml_{_name}"), _what))
for _name in ("unicode", "str"):
    _Loader.add_constructor(f"{TAG}python/{_name}", _Loader.construct_scalar)


def _member(node: Any, part: str) -> tuple[Any, Any]:
    """The node that marks a member of a mapping or list, and the member; two Nones where there is none."""
    if isinstance(node, yaml.MappingNode):
        members = reversed(node.value)  # merged members stand before the mapping's own
        return next(((key, value) for key, value in members if key.value == part), (None, None))
    if isinstance(node, yaml.SequenceNode) and part.isdecimal() and int(part) < len(node.value):
        return node.value[int(part)], node.value[int(part)]
    return None, None


class _Dumper(yaml.SafeDumper):
    """Writes no aliases, and indents lists."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def yaml_text(document: Any) -> str:
    """A document in block style, keys in their order, without anchors."""
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=WIDTH)
