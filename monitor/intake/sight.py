"""What a load lets see: which records that have not come again are gone, and which merely lie out of its sight."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Row, Table

from monitor import tables
from monitor.intake.kept import row_of
from monitor.intake.mapping import Shows

Found = Row[*tuple[Any, ...]]
Slot = tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What one list of a mapping tells of a register: by kind, the attributes that are the same in all that it tells.

    It is not there where it did not come, lacks a column that it must have, or counts as not carried.
    """

    kinds: Mapping[str, Mapping[str, str]]
    is_there: bool
    lists_open: bool

    def tells_of(self, kind: str, attributes: Mapping[str, Any]) -> bool:
        """Whether it could have told of this record; what is not known of it may be anything."""
        same = self.kinds.get(kind)
        return same is not None and all(attributes.get(name, value) == value for name, value in same.items())


@dataclass(slots=True, kw_only=True)
class Sight:
    """Which records of one register that a load does not show are gone.

    A full snapshot shows every row, or every row that was open on the day `covers_from` or later; where a row tells of
    an Event, every Event since. One of the latest only shows each child's newest: what was known stays, but for what it
    would have to show and does not. That is an open Episode of a list of all that are open, one that began on the day
    `covers_from` or later, and without such a day one of a child in the same list; and of the kinds `newest` an Event
    later than the newest that is shown of that child, or of an unreadable day. Those have been put right. One of what
    changed withdraws what it calls purged, of the child of whom it says so.

    A list that is not there says nothing of what only it could have shown; an open Episode is gone all the same where
    another such list shows the same child with another one.
    """

    shows: Shows = "every row"
    covers_from: date | None = None
    listings: Collection[Listing] = ()
    newest: Collection[str] = ()
    tells_of_events: bool = False
    children: Collection[str] = ()  # that the part names
    purged_rows: Collection[tuple[str, str | None]] = ()  # a row's key, and its child's
    purged_children: Collection[str] = ()
    _newest: dict[tuple[str, str], date] = field(default_factory=dict)  # by child and kind, the newest Event
    _slots: set[Slot] = field(default_factory=set)  # child, kind and role of the Episodes that are shown
    _apart: dict[str, tuple[str, ...]] = field(default_factory=dict)  # by kind, what tells its lists apart

    @property
    def is_simple(self) -> bool:
        """Whether everything that is not shown is gone."""
        is_whole = all(each.is_there for each in self.listings)
        return is_whole and self.shows == "every row" and self.covers_from is None

    def remember(self, table: Table, fields: Mapping[str, Any]) -> None:
        """What is shown, where what is not depends on it."""
        if table is tables.event and fields["kind"] in self.newest and fields["done_on"] is not None:
            of = (fields["child_key"], fields["kind"])
            self._newest[of] = max(fields["done_on"], self._newest.get(of, fields["done_on"]))
        elif table is tables.episode and self.shows == "the latest":
            self._slots.add(self._slot(fields["child_key"], fields["kind"], fields["attributes"]))

    def is_gone(self, table: Table, found: Found) -> bool:
        """Whether this record, which was in force and has not come again, is to be withdrawn."""
        if self.shows == "what changed":
            of_row = (row_of(found.key), found.child_key)
            return of_row in self.purged_rows or found.child_key in self.purged_children
        if table not in (tables.episode, tables.event):
            return False  # people are not forgotten because a list leaves them out
        listings = self._listings_of(found)
        is_whole = all(each.is_there for each in listings)
        if table is tables.event and (self.shows == "the latest" or not is_whole):
            return self._was_mistaken(found)
        if self.shows == "the latest":
            return self._is_put_right(found, listings, is_whole=is_whole)
        return is_whole and self._is_in_window(table, found)

    def _listings_of(self, found: Found) -> Collection[Listing]:
        """The lists that could tell of it; of what none tells of, such as a row without a start, all could."""
        return [
            each for each in self.listings if each.tells_of(found.kind, found.attributes)
        ] or self.listings

    def is_replaced(self, table: Table, found: Found) -> bool:
        """Whether the same child is shown with another Episode of this kind and role."""
        return (
            table is tables.episode
            and self._slot(found.child_key, found.kind, found.attributes) in self._slots
        )

    def _slot(self, child: str | None, kind: str, attributes: Mapping[str, Any]) -> Slot:
        return (child, kind, *(attributes.get(name) for name in self._told_apart(kind)))

    def _told_apart(self, kind: str) -> tuple[str, ...]:
        found = self._apart.get(kind)
        if found is None:
            names = {name for each in self.listings for name in each.kinds.get(kind, ())}
            found = self._apart[kind] = tuple(sorted(names))
        return found

    def _is_put_right(self, found: Found, listings: Collection[Listing], *, is_whole: bool) -> bool:
        """Whether this Episode, were it still so, would have been shown."""
        if found.ended_on is not None or found.is_unknown or found.kind in self.newest:
            return False
        if listings and all(each.lists_open for each in listings):
            return is_whole or self.is_replaced(tables.episode, found)
        if not is_whole:
            return False
        if self.covers_from is None:
            return found.child_key in self.children
        return found.start_on is not None and found.start_on >= self.covers_from

    def _is_in_window(self, table: Table, found: Found) -> bool:
        """Whether it would have been shown, were it still so. What has no day is so since it was known."""
        if self.covers_from is None:
            return True
        if found.ended_on is not None:
            return bool(found.ended_on >= self.covers_from)
        if table is tables.episode and not (found.is_unknown or self.tells_of_events):
            return True
        known = found.known_from if found.is_unknown else (found.start_on or found.known_from)
        return bool(known >= self.covers_from)

    def _was_mistaken(self, found: Found) -> bool:
        """Whether this Event is later than the newest, or could be: then the newest is another one."""
        newest = self._newest.get((found.child_key, found.kind))
        return newest is not None and (
            found.is_unknown or (found.done_on is not None and found.done_on > newest)
        )


EVERY_ROW = Sight()
