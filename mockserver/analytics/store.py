"""The store of one account's events: compact rows, and columns of a facet's values built when a query first asks.

A row is one tuple: the number of the event's shape (the facets it has, shared by all events with the same ones), its
time and its cells; of plain values only, so that the garbage collector need not look at it again. A column gives every
distinct cell of one facet a small number, so that a query looks at each distinct cell once and at the events only as
numbers. Columns are kept for the next query and follow the store as events come and go.
"""

from array import array
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Any, cast

from mockserver.analytics.facets import Cell, flatten
from mockserver.support.budget import Budget

DEFAULT_MAX_EVENTS = 200_000
DEFAULT_MAX_BYTES = 256 * 1024 * 1024
MAX_COLUMNS = 16
FEW_CELLS = 64
MAX_SHARED_TEXTS = 65_536
MAX_SHARED_CHARACTERS = 256
"""The longest text that is shared between events: a longer one goes with its event."""
ROW_BYTES, CELL_BYTES, NAME_BYTES = 64, 48, 160
"""What an event, each of its values and each name of a facet keep in memory besides their characters, near enough."""

ROW_STEPS, VALUE_STEPS, CODES_PER_STEP, CELLS_PER_STEP = 2, 5, 10, 2
"""What it takes to add an event to a column, and to ask whether a value is accepted; and how many of a column's codes,
or of the cells of rows, are looked at in a step."""
Accepts = Callable[[Any, Budget], bool]
"""Whether a value is accepted; raises TooMuchWork."""

Mask = int
"""Which events (or users) are meant: a number with one byte for each, the first lowest, 1 or 0. `&`, `|` and `^` with
a mask of ones are then AND, OR and NOT over all of them at once."""


def mask(wanted: Iterable[bool | int]) -> Mask:
    """The mask of a truth value, or 1 or 0, for each."""
    return int.from_bytes(bytes(wanted), "little")


class Shape:
    """The facets of an event and the place of each in the event's row; `events` counts those of this shape."""

    __slots__ = ("bytes", "events", "facets", "number", "places")

    def __init__(self, number: int, facets: tuple[str, ...]) -> None:
        self.number = number
        self.facets = facets
        self.places = {facet: place for place, facet in enumerate(facets, start=2)}
        self.bytes = sum(NAME_BYTES + len(facet) for facet in facets)
        self.events = 0


Row = tuple[Any, ...]
"""(number of the shape, time in epoch milliseconds, cell, cell, …)"""


class Column:
    """One facet of all events: `codes` has a number for each event, `cells` the cell each number stands for.

    Code 0 is a missing value. Equal cells have equal codes; a cell may stay in `cells` after its last event has gone.
    `values` counts the values of the cells.
    """

    def __init__(self, facet: str, shapes: Mapping[int, Shape]) -> None:
        self.facet = facet
        self._shapes = shapes
        self.codes = array("I")
        self.cells: list[Cell | None] = [None]
        self.first = self.values = 0
        self._numbers: dict[Cell, int] = {}

    def hits(self, accepts: Accepts, budget: Budget) -> list[bool]:
        """For each code whether a value of its cell is accepted; of a missing one, none is. Raises TooMuchWork."""
        budget.spend(VALUE_STEPS * len(self.cells) + len(self.codes) // CODES_PER_STEP)
        return [cell is not None and _accepted(cell, accepts, budget) for cell in self.cells]

    def mask_of(self, wanted: Iterable[bool | int]) -> Mask:
        """The events whose code is `wanted` (one truth value for each code)."""
        return mask(map([*map(bool, wanted)].__getitem__, self.codes))

    def follow(self, rows: deque[Row], first: int) -> None:
        """Brings the column up to the store's rows, the oldest of which is event number `first`."""
        del self.codes[: first - self.first]
        self.first = first
        self.codes.extend(map(self._code, islice(rows, len(self.codes), None)))

    def _code(self, row: Row) -> int:
        place = self._shapes[row[0]].places.get(self.facet)
        if place is None:
            return 0
        cell = cast(Cell, row[place])
        number = self._numbers.get(cell)
        if number is None:
            number = self._numbers[cell] = len(self.cells)
            self.cells.append(cell)
            self.values += len(cell) if isinstance(cell, tuple) else 1
        return number


class EventStore:
    """One account's accepted server-side events, at most `max_events` of them in about `max_bytes` of memory: the
    oldest arrivals go first, the newest is always kept.

    `evicted` counts those that went, `bytes` is about what the others keep.
    """

    def __init__(self, max_events: int = DEFAULT_MAX_EVENTS, max_bytes: int = DEFAULT_MAX_BYTES) -> None:
        if max_events < 1:
            raise ValueError("max_events must be at least 1")
        self.max_events = max_events
        self.max_bytes = max_bytes
        self.evicted = 0
        self.bytes = 0
        self._bytes_gone = 0
        self._rows: deque[Row] = deque()
        self._shapes: dict[tuple[str, ...], Shape] = {}
        self._shapes_by_number: dict[int, Shape] = {}
        self._shapes_made = 0
        self._columns: OrderedDict[str, Column] = OrderedDict()
        self._shared: dict[str, str] = {}
        self._distinct: set[Cell] | None = None
        self._max_shared = min(MAX_SHARED_TEXTS, max_events)

    def __len__(self) -> int:
        return len(self._rows)

    def append(self, timestamp_ms: int, body: Mapping[str, Any]) -> None:
        """Takes in one event at a time in epoch milliseconds; the body is read now and not kept."""
        facets = flatten(body)
        names = tuple(facets)
        shape = self._shapes.get(names) or self._new_shape(names)
        if len(self._shared) >= self._max_shared:
            self._shared.clear()
        row = (shape.number, timestamp_ms, *self._shared_cells(facets.values()))
        self._rows.append(row)
        self._distinct = None
        self.bytes += _bytes_of(row) + (0 if shape.events else shape.bytes)
        shape.events += 1
        while len(self._rows) > self.max_events or (self.bytes > self.max_bytes and len(self._rows) > 1):
            self.forget_oldest()

    def _new_shape(self, facets: tuple[str, ...]) -> Shape:
        self._shapes_made += 1
        shape = self._shapes[facets] = self._shapes_by_number[self._shapes_made] = Shape(self._shapes_made, facets)
        return shape

    def forget_oldest(self) -> None:
        row = self._rows.popleft()
        self._distinct = None
        shape = self._shapes_by_number[row[0]]
        shape.events -= 1
        size = _bytes_of(row)
        if not shape.events:
            size += shape.bytes
            del self._shapes[shape.facets], self._shapes_by_number[shape.number]
        self.evicted += 1
        self.bytes -= size
        self._bytes_gone += size
        if self._bytes_gone > self.max_bytes or not self._rows:  # columns and shared texts may be of what is gone
            self._columns.clear()
            self._shared.clear()
            self._bytes_gone = 0

    def timestamps(self) -> list[int]:
        """The events' times in epoch milliseconds, in order of arrival."""
        return [row[1] for row in self._rows]

    def everything(self) -> Mask:
        return mask(b"\1" * len(self._rows))

    def column(self, facet: str, budget: Budget) -> Column:
        """The column of a facet (a path without @), as long as the store. Raises TooMuchWork."""
        column = self._columns.pop(facet, None)
        if column is None or len(column.cells) > 2 * len(self._rows) + FEW_CELLS:
            column = Column(facet, self._shapes_by_number)  # anew also where most cells are those of events long gone
        budget.spend(
            ROW_STEPS * min(len(self._rows), self.evicted + len(self._rows) - column.first - len(column.codes))
        )
        column.follow(self._rows, self.evicted)
        self._columns[facet] = column
        if len(self._columns) > MAX_COLUMNS:
            self._columns.popitem(last=False)
        return column

    def mask_of_texts(self, accepts: Accepts, budget: Budget) -> Mask:
        """The events that hold a text that is accepted, in any facet. Raises TooMuchWork."""
        budget.spend(sum(shape.events * len(shape.facets) for shape in self._shapes.values()) // CELLS_PER_STEP)
        if self._distinct is None:
            self._distinct = {cell for row in self._rows for cell in row[2:] if type(cell) in (str, tuple)}
        budget.spend(VALUE_STEPS * len(self._distinct))
        found = {cell for cell in self._distinct if _accepted(cell, accepts, budget, only=str)}
        return mask(not found.isdisjoint(row) for row in self._rows)

    def _shared_cells(self, cells: Iterable[Cell]) -> list[Cell]:
        """The same text object for equal texts, so that a thousand events of one name hold it once."""
        shared = self._shared.setdefault
        return [
            shared(cell, cell) if type(cell) is str and len(cell) <= MAX_SHARED_CHARACTERS else cell for cell in cells
        ]


def _accepted(cell: Cell, accepts: Accepts, budget: Budget, only: type = object) -> bool:
    """Whether a value of a cell, of the type `only`, is accepted."""
    if not isinstance(cell, tuple):
        return accepts(cell, budget)
    budget.spend(VALUE_STEPS * len(cell))
    return any(accepts(value, budget) for value in cell if isinstance(value, only))


def _bytes_of(row: Row) -> int:
    """About what a row keeps in memory, but for its shape."""
    size = ROW_BYTES + (len(row) - 2) * CELL_BYTES
    for cell in row[2:]:
        if type(cell) is str:
            size += len(cell)
        elif type(cell) is tuple:
            size += sum(CELL_BYTES + (len(value) if isinstance(value, str) else 0) for value in cell)
    return size
