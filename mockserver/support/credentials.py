"""Finds the credentials of accounts wherever else they stand: in other headers, in queries, paths and bodies."""

import json
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from typing import NamedTuple

MIN_OWN, MIN_FOREIGN, MAX_SOUGHT = 8, 16, 4096
"""Characters from which on a credential is sought in texts of its own account, in those of others, and up to which."""
MAX_COMPARISONS = 100_000
"""Places of a text that are compared with credentials; one with more places that look like some is not shown."""
MAX_ALIKE = 16
"""Credentials that begin alike and are told apart; where more begin with the same 16 bytes, whatever does is masked."""
WITHHELD = "(withheld: too much of this text looks like credentials)"
_GRAM, _STEP = 9, 8
"""Every 8th piece of 9 bytes of a text is looked up: one lies inside any 16 bytes (9 + 8 - 1 == MIN_FOREIGN)."""
_BLOCK = 1 << 16
_WORD = re.compile(r"[A-Za-z]{1,11}")
_LIKE_A_KEY = re.compile(r"(?=.*[A-Z0-9])(?=.*[A-DF-Za-df-z_])[A-Za-z0-9_.~+/=-]+")
_REST_OF_KEY = re.compile(rb"[A-Za-z0-9_.~+/=-]*")


class Form(NamedTuple):
    """Bytes as which a credential stands in a text. An `open` one is only the beginning: the key goes on."""

    piece: bytes
    label: str
    open: bool = False

    def end(self, text: bytes, start: int) -> int:
        """Where it ends in a text in which it begins at `start`."""
        end = start + len(self.piece)
        rest = _REST_OF_KEY.match(text, end) if self.open else None
        return rest.end() if rest else end


class KnownCredentials:
    """The credentials of a server's accounts, each with the label that is shown in its place.

    A credential is found in texts of its own account from 8 characters on, unless it is a word of less than 12 letters.
    In those of other accounts it is found from 16 characters on if it looks like a key, with a letter and a digit or a
    capital: one test's key must not mask what another test sends. To add one costs next to nothing; what finds it is
    made when a text is next looked at.
    """

    def __init__(self) -> None:
        self.keep(())

    def __len__(self) -> int:
        return len(self._labelled)

    def __contains__(self, label: str) -> bool:
        return label in self._labelled

    def add(self, credential: str, label: str) -> None:
        self._labelled[label] = credential
        self._new.append(label)

    def keep(self, credentials: Iterable[tuple[str, str]]) -> None:
        """Forgets all but these, given with their labels."""
        self._labelled = {label: credential for credential, label in credentials}
        self._new = list(self._labelled)
        self._own: dict[str, list[Form]] = {}
        self._offsets: dict[bytes, int] = {}
        self._foreign: dict[bytes, list[Form]] = {}

    def masked(self, text: bytes, label: str = "") -> bytes:
        """A text of the account `label` with the label of each credential in its place; the same object where there
        is none."""
        if len(text) < MIN_OWN:
            return text
        for form in self._own_forms(label):
            if form.piece in text:
                text = _replaced(text, ((at, form) for at in _places(form.piece, text)))
        return _replaced(text, self._occurrences(text)) if len(text) >= MIN_FOREIGN else text

    def _own_forms(self, label: str) -> list[Form]:
        forms = self._own.get(label)
        if forms is None:
            credential = self._labelled.get(label, "")
            sought = MIN_OWN <= len(credential) <= MAX_SOUGHT and not _WORD.fullmatch(credential)
            forms = _forms(credential, label, (0, 1, 2)) if sought else []
            if credential:
                self._own[label] = forms
        return forms

    def _occurrences(self, text: bytes) -> Iterator[tuple[int, Form]]:
        """Where credentials stand in a text, whosever they are."""
        if self._new:
            self._index()
        offsets, last, compared = self._offsets, len(text) - _GRAM + 1, 0
        for block in range(0, last, _BLOCK):
            places = range(block, min(block + _BLOCK, last), _STEP)
            if offsets.keys().isdisjoint([text[at : at + _GRAM] for at in places]):
                continue
            for at in places:
                for start in _starts(at, offsets.get(text[at : at + _GRAM], 0)):
                    compared += 1
                    alike = self._foreign.get(text[start : start + MIN_FOREIGN], ())
                    yield from [(start, form) for form in alike if text.startswith(form.piece, start)][:1]
                    if compared > MAX_COMPARISONS:
                        yield 0, Form(text, WITHHELD)
                        return

    def _index(self) -> None:
        for label in self._new:
            credential = self._labelled[label]
            sought = MIN_FOREIGN <= len(credential) <= MAX_SOUGHT and _LIKE_A_KEY.fullmatch(credential)
            for form in _forms(credential, label, (0,)) if sought else ():
                self._add(form)
        self._new.clear()

    def _add(self, form: Form) -> None:
        prefix = form.piece[:MIN_FOREIGN]
        alike = self._foreign.setdefault(prefix, [])
        if len(alike) < MAX_ALIKE:
            alike.append(form)
            alike.sort(key=lambda each: -len(each.piece))
        else:
            alike[:] = [*alike[: MAX_ALIKE - 1], Form(prefix, alike[-1].label, open=True)]
        for offset in range(_STEP):
            gram = prefix[offset : offset + _GRAM]
            self._offsets[gram] = self._offsets.get(gram, 0) | 1 << offset


def _forms(credential: str, label: str, skipped: Iterable[int]) -> list[Form]:
    """The forms of a credential: as it is in UTF-8 and Latin-1, as JSON writes it, in lower case as in a header's name,
    and in base64 as Basic has it: what is left of it after `skipped` bytes, as far as it fills groups of three."""
    raw = credential.encode("utf-8", "surrogatepass")
    plain = {raw, credential.lower().encode("utf-8", "surrogatepass")}
    if not credential.isascii():
        plain.add(credential.encode("latin-1", "replace"))
    for ascii_only in (False, True):
        plain.add(json.dumps(credential, ensure_ascii=ascii_only)[1:-1].encode("utf-8", "surrogatepass"))
    encoded = {b64encode(raw[start : len(raw) - (len(raw) - start) % 3]) for start in skipped}
    safe = {each.replace(b"+", b"-").replace(b"/", b"_") for each in encoded}
    return [*(Form(each, label) for each in plain), *(Form(each, label, open=True) for each in encoded | safe)]


def _starts(at: int, offsets: int) -> Iterator[int]:
    """Where credentials may begin of which a piece stands at `at`: n bytes before it for each bit n of `offsets`."""
    return (at - offset for offset in range(offsets.bit_length()) if offsets >> offset & 1 and at >= offset)


def _places(piece: bytes, text: bytes) -> Iterator[int]:
    at = text.find(piece)
    while at >= 0:
        yield at
        at = text.find(piece, at + len(piece))


def _replaced(text: bytes, found: Iterable[tuple[int, Form]]) -> bytes:
    """A text with labels in the place of what was found: from left to right, the longest first."""
    pieces, at = [], 0
    for start, form in sorted(found, key=lambda each: (each[0], -len(each[1].piece))):
        if start >= at:
            pieces += [text[at:start], form.label.encode("utf-8", "surrogatepass")]
            at = form.end(text, start)
    return b"".join([*pieces, text[at:]]) if pieces else text
