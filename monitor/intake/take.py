"""One load: what is offered of one source into the ledger, in one transaction, or held, or refused."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from sqlalchemy import Connection, select

from monitor import tables
from monitor.calendars import london_day
from monitor.errors import BadIntake
from monitor.feeds import newest_of
from monitor.intake import loads
from monitor.intake.checks import Origin, Problem
from monitor.intake.closing import Closing
from monitor.intake.continuing import Continued
from monitor.intake.gates import Gate, gate
from monitor.intake.headers import BadFile
from monitor.intake.identity import Crosswalk, Identity, Person, identify, person
from monitor.intake.joining import join
from monitor.intake.kept import row_of
from monitor.intake.loads import Taken
from monitor.intake.making import Maker
from monitor.intake.parts import Line, Offer, Opened, Part
from monitor.intake.purging import Purges
from monitor.intake.records import Record, RegisterWriter, move
from monitor.intake.registers import Register
from monitor.intake.rows import RowReader, StandsTwice
from monitor.intake.sight import Sight
from monitor.plurals import plural

__all__ = ["Progress", "Taken", "take"]

REPORT_EVERY = 5_000
NUMBERS = ("upn", "uln", "nhs")

Progress = Callable[[str, int], None]


def take(
    connection: Connection,
    offer: Offer,
    origin: Origin,
    *,
    as_at_from: str,
    now: datetime,
    progress: Progress,
    crosswalk: Crosswalk,
    may_repeat: bool = False,
) -> Taken:
    """Take what is offered in as one load of one source; the caller commits.

    Nothing stays of a load that is held, except that it was, and why; nothing is written of one that was taken before
    on the same day. BadIntake where no part of it can be taken.
    """
    taken = Taken(
        source=origin.source, as_at=origin.as_at, as_at_from=as_at_from, form=offer.form, year=offer.year
    )
    before = gate(connection, origin.source, offer.digest, max(london_day(now), origin.as_at))
    if before.same and before.same[1] == before.newest == origin.as_at and before.since is None:
        taken.is_same, taken.load_id = True, before.same[0]
        return taken
    is_released = _is_let_go(connection, offer, origin, before)
    if is_released and before.newest is not None and origin.as_at < before.newest:
        taken.notes.append(
            f"These data are of {origin.as_at}; as they were released, they count as of {before.newest}."
        )
        origin = replace(origin, as_at=before.newest)
        taken.as_at = before.newest
    taken.notes += offer.notes
    taken.file_faults += [f"{fault}." for fault in offer.faults]
    taken.load_id = loads.begin(connection, taken, offer, origin.calendar, now)
    load = _Load(
        connection, origin, taken, progress, before, offer, is_released, identity=Identity(origin.source)
    )
    whole = connection.begin_nested()
    if not is_released:
        taken.holds += [load.held(why) for why in before.of_data(origin.as_at, may_repeat=may_repeat)]
    load.identify(crosswalk)
    for part in offer.parts:
        load.take(part)
    if not taken.rows_by_register:
        raise BadIntake(taken.file_faults)
    load.finish()
    if taken.holds:
        whole.rollback()
        taken.new = taken.changed = taken.withdrawn = 0
        taken.moved = {}
    else:
        load.write_feed()
        whole.commit()
    loads.close(connection, taken)
    if taken.new or taken.changed or taken.withdrawn:
        loads.count_anew(connection)
    return taken


def _is_let_go(connection: Connection, offer: Offer, origin: Origin, before: Gate) -> bool:
    """Whether a person has released the data; but what changed on an earlier day is not what changed today."""
    if offer.shows == "what changed" and before.newest is not None and origin.as_at < before.newest:
        return False
    return loads.is_released(connection, origin.source, offer.digest)


@dataclass(slots=True)
class _Load:
    connection: Connection
    origin: Origin
    taken: Taken
    progress: Progress
    before: Gate
    offer: Offer
    is_released: bool
    identity: Identity
    unsound: set[str] = field(default_factory=set)  # registers with rows that were refused or cannot be read
    named: set[str] = field(default_factory=set)  # children that some row names
    purges: Purges = field(init=False)

    def __post_init__(self) -> None:
        self.purges = Purges(self.origin.source)
        if self.is_delta:  # how much it shows says nothing
            self.before = replace(self.before, rows={}, children=frozenset())
        elif self._begins_anew():
            self.before = replace(self.before, rows={})

    @property
    def is_delta(self) -> bool:
        return self.offer.shows == "what changed"

    def _begins_anew(self) -> bool:
        """Whether it is the first of a new year of a list that begins anew with each: it is shorter than the last."""
        newest, calendar = self.before.newest, self.origin.calendar
        return (
            self.offer.window == "year from 1 April"
            and newest is not None
            and self.offer.covers_from(newest, calendar)
            != self.offer.covers_from(self.origin.as_at, calendar)
        )

    def identify(self, crosswalk: Crosswalk) -> None:
        """Before any row is written: under which keys its children are known."""
        source, issuers = self.origin.source, self.origin.issuers
        self.identity = identify(
            self.connection,
            source,
            self._people(),
            crosswalk,
            issuer=issuers.get("child", source),
            is_delta=self.is_delta,
        )
        self.origin = replace(self.origin, joined=self.identity.joined)
        self.taken.moved = self.identity.moved
        move(self.connection, self.identity.moved, self.identity.left, self.taken.load_id, self.origin.as_at)

    def _people(self) -> Iterator[Person]:
        """The children that the load lists."""
        for part in self.offer.parts:
            try:
                with part.open() as opened:
                    if opened.register.person != "child":
                        continue
                    reader = RowReader(opened.register, self.origin, opened.header)
                    for _, no, cells in opened.lines:
                        row = reader.read(cells, no)
                        if row is not None:
                            numbers = {what: str(row.values.get(what) or "") for what in NUMBERS}
                            born = row.values.get("dob")
                            yield person(
                                str(row.values["child_id"]), born if isinstance(born, date) else None, numbers
                            )
            except BadFile:
                continue  # it is told when its turn comes

    def take(self, part: Part) -> None:
        """One part: all of it, or none of it and its faults said."""
        try:
            try:
                self._take_or_undo(part, apart=False)
            except StandsTwice:
                self._take_or_undo(part, apart=True)
        except BadFile as bad:
            self.taken.file_faults += [f"{part.shown}: {fault.rstrip('.')}." for fault in bad.faults]

    def _take_or_undo(self, part: Part, *, apart: bool) -> None:
        """Undone is what the part itself calls for: after an error of the database there may be nothing to undo to."""
        savepoint = self.connection.begin_nested()
        try:
            self._take(part, apart=apart)
        except (BadFile, StandsTwice):
            savepoint.rollback()
            raise
        savepoint.commit()

    def _take(self, part: Part, *, apart: bool) -> None:
        """With `apart`, rows with one id are told apart; else StandsTwice where that is to be done."""
        with part.open() as opened:
            register = opened.register
            self._refuse_unrestricted(register, opened.header)
            writer = self._writer(register.name)
            before = {row for table in register.tables for row in writer.rows_before(table)}
            reader = self._reader(opened, before, refuses_twice=apart or opened.apart is None)
            maker = Maker(register, self.origin, frozenset(opened.header))
            continued = Continued(
                self.connection, self.origin.source, register.name, reader.earlier, self.before.newest
            )
            sight = self._sight(opened)
            lines = opened.apart() if apart and opened.apart else opened.lines
            made = continued.records(self._made(lines, reader, maker))
            is_all_seen = sight.is_simple
            for each in self._joined(part.shown, made, reader) if register.joins else made:
                if not is_all_seen:
                    sight.remember(each.table, each.fields)
                writer.put(each)
            self._look_round(sight, opened, reader)
            writer.finish(reader.kept.__contains__, sight)
        reader.rows |= continued.rows
        self.taken.notes[:0] = continued.notes(part.shown)  # before what was joined, which may be much
        if not self.is_released:
            gone = _gone(reader, before) if sight.is_simple else _gone_by_kind(writer)
            why = self._doubts(opened, reader, {} if self.is_delta else gone)
            self.taken.holds += [self.held(f"{part.shown}: {each}") for each in why]
        self._remember(part, opened, reader, maker, writer)

    def _reader(self, opened: Opened, before: set[str], *, refuses_twice: bool) -> RowReader:
        return RowReader(
            opened.register,
            self.origin,
            opened.header,
            self._children() if opened.register.known_child and not self.offer.is_mapped else None,
            before,
            alike_are_one=opened.alike_are_one,
            refuses_twice=refuses_twice,
        )

    def _doubts(self, opened: Opened, reader: RowReader, gone: Mapping[str, tuple[int, int]]) -> list[str]:
        """Why the rows and columns of this register are more likely broken than true."""
        register = opened.register
        why = self.before.of_rows(register.name, reader.seen, reader.bad, gone)
        if self.offer.shows == "every row" and not self.offer.carries_filled:
            why += self.before.of_columns(register, opened.header, reader.items(opened.carried))
        return why

    def _made(self, lines: Iterable[Line], reader: RowReader, maker: Maker) -> Iterator[Record]:
        for reader.shown, row_no, cells in lines:
            row = reader.read(cells, row_no)
            if row is not None:
                yield from maker.records(row)
            if reader.seen % REPORT_EVERY == 0:
                self.progress(reader.shown, reader.seen)

    def _sight(self, opened: Opened) -> Sight:
        return Sight(
            shows=self.offer.shows,
            covers_from=self.offer.covers_from(self.origin.as_at, self.origin.calendar),
            listings=opened.listings,
            newest=opened.newest,
            tells_of_events=opened.register.tells_of_events,
        )

    def _look_round(self, sight: Sight, opened: Opened, reader: RowReader) -> None:
        """Whom the part names and what it calls purged, once its rows are read."""
        whose = self.origin.whose
        sight.children = {str(whose(key)) for key in reader.children}
        purged = RowReader(opened.register, self.origin, opened.header)
        rows = [row for _, no, cells in opened.purged if (row := purged.read(cells, no))]
        sight.purged_rows = {(row.key, whose(row.values.get("child_id"))) for row in rows}
        if opened.register.person == "child":
            sight.purged_children = {str(whose(key)) for key in purged.children}
        self.purges.remember(sight)

    def _joined(self, shown: str, made: Iterable[Record], reader: RowReader) -> Iterator[Record]:
        """Touching rows made one. A child with a refused row keeps the periods that were known of it."""
        records = list(made)
        refused = {self.origin.whose(key) for key in reader.refused_children}
        left = refused and refused & self._with_periods(reader.register)
        for each in records:
            if each.fields["child_key"] in left:
                reader.kept.add(row_of(each.key))
        joined = join(each for each in records if each.fields["child_key"] not in left)
        self.taken.notes += [
            f"{shown}: rows {', '.join(map(str, rows))} touch and were joined into one period of care."
            for rows in joined.joined_rows
        ]
        yield from joined.records

    def _refuse_unrestricted(self, register: Register, header: list[str]) -> None:
        """A list of children that no longer says whose record is restricted would open those that are."""
        if "restricted" not in register.fields or "restricted" in header:
            return
        known = tables.child
        restricted = select(known.c.id).where(
            known.c.source == self.origin.source, known.c.known_until.is_(None), known.c.restricted
        )
        if self.connection.execute(restricted.limit(1)).first() is not None:
            raise BadFile("has no column 'restricted', but some of its children are: put the column back")

    def _children(self) -> frozenset[str]:
        known = tables.child
        return frozenset(
            self.connection.scalars(select(tables.own_key(known)).where(known.c.known_until.is_(None)))
        )

    def _with_periods(self, register: Register) -> set[str]:
        known = tables.episode
        query = select(known.c.child_key).where(
            known.c.register == register.name,
            known.c.source == self.origin.source,
            known.c.known_until.is_(None),
        )
        return set(self.connection.scalars(query.distinct()))

    def held(self, why: str) -> str:
        """The sentence that says so."""
        return f"{why}. Nothing of the load was taken; no alert will be cleared on its strength."

    def _remember(
        self, part: Part, opened: Opened, reader: RowReader, maker: Maker, writer: RegisterWriter
    ) -> None:
        taken, name = self.taken, reader.register.name
        taken.problems += reader.problems
        if reader.unlisted:
            text = f"{reader.unlisted:,} more of the same file are not listed."
            taken.problems.append((part.shown, Problem(0, "", text, refused=False, code="more")))
        if reader.alike:
            who = plural(reader.alike, "row says", "rows say")
            taken.notes.append(f"{part.shown}: {who} the same as another: such rows count once.")
        if maker.without_start:
            taken.rows_without_start.setdefault(part.shown, []).extend(maker.without_start)
        if reader.bad:
            self.unsound.add(name)
        taken.notes += [note for note in opened.told() if note not in taken.notes]
        self.named |= reader.children
        taken.rows_by_register[name] = reader.seen
        taken.rows_read += opened.rows_read() if opened.rows_read else reader.seen
        taken.rows_refused += reader.refused
        taken.new += writer.new
        taken.changed += writer.changed
        taken.withdrawn += writer.withdrawn
        items = reader.items(opened.carried) | {newest_of(kind) for kind in opened.newest}
        loads.carry(self.connection, taken.load_id, name, items)
        self.progress(part.shown, reader.seen)

    def _writer(self, register: str) -> RegisterWriter:
        return RegisterWriter(
            self.connection, self.origin.source, register, self.taken.load_id, self.origin.as_at
        )

    def finish(self) -> None:
        """What is known only when every part has been read: lists that did not come, children, gaps in who they are."""
        known = loads.known_registers(self.connection, self.origin.source)
        if self.is_delta:
            self.taken.withdrawn += self.purges.withdraw(known | {*self.taken.rows_by_register}, self._writer)
            loads.carry_on(self.connection, self.taken.load_id, self.origin.source)
        absent = sorted(known - set(self.taken.rows_by_register))
        if absent and not self.is_delta:
            named = absent if self.offer.is_mapped else [f"{name}.csv" for name in absent]
            self.taken.notes.append(f"Not given this time, so known as it was before: {', '.join(named)}.")
        if not self.is_released:
            why = self.before.of_children(self.named)
            why += self.before.of_joins(self.identity.parted, self.identity.were_joined)
            self.taken.holds += [self.held(each) for each in why]
        closing = self._closing()
        closing.strangers(self.named, is_mapped=self.offer.is_mapped)
        closing.gaps(self.identity)
        self.taken.notes += self.identity.notes(self.named)
        closing.quality(self.unsound)

    def write_feed(self) -> None:
        self._closing().feed()

    def _closing(self) -> Closing:
        return Closing(self.connection, self.origin, self.taken, self._writer)


def _gone(reader: RowReader, before: Collection[str]) -> dict[str, tuple[int, int]]:
    """How many of the rows that were in force have not come again, and of how many."""
    vanished = sum(row not in reader.rows and row not in reader.kept for row in before)
    return {"rows": (vanished, len(before))}


def _gone_by_kind(writer: RegisterWriter) -> dict[str, tuple[int, int]]:
    """Of each kind, how many records that were in force are gone, and of how many that could be."""
    return {f"records of {kind}": (n, n + writer.again[kind]) for kind, n in writer.gone.items()}
