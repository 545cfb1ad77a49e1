"""What the monitor itself writes of a load: children of no list, gaps in who they are, lists to put right, the feed."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from sqlalchemy import Connection, select

from monitor import tables
from monitor.intake import loads
from monitor.intake.checks import Origin
from monitor.intake.identity import GAPS, Identity
from monitor.intake.loads import STRANGERS, Taken
from monitor.intake.records import RegisterWriter, record
from monitor.intake.registers import MADE
from monitor.plurals import plural


@dataclass(frozen=True, slots=True)
class Closing:
    """Writes it, once every part of the load has been read."""

    connection: Connection
    origin: Origin
    taken: Taken
    writer_of: Callable[[str], RegisterWriter]

    def strangers(self, named: Collection[str], *, is_mapped: bool) -> None:
        """A child whom no list of children knows is a person of its own, as long as some row names it.

        Registers refuse a row of such a child.
        """
        strangers = self._named_before().union(named) - self._listed() if is_mapped else set()
        writer = self.writer_of(STRANGERS)
        if not strangers and not writer.rows_before(tables.child):
            return
        for key in sorted(strangers):
            fields = dict.fromkeys(("dob", "expected_dob", "upn", "uln", "nhs", "family_key", "team_key"))
            whole = {**self.origin.keys(key), **fields, "restricted": False}
            writer.put(record(tables.child, f"{self.origin.source}/{STRANGERS}/{key}#child", 0, whole))
        writer.finish(lambda _: False)
        self.taken.new += writer.new
        self.taken.withdrawn += writer.withdrawn
        if strangers:
            who = plural(len(strangers), "child is", "children are")
            so = "it stays" if len(strangers) == 1 else "each stays"
            self.taken.notes.append(
                f"{who} in no list of children: {so} a person of its own, without a team."
            )

    def gaps(self, identity: Identity) -> None:
        """An Episode for each child of whom it cannot be told who it is."""
        writer = self.writer_of("identity")
        writer.rows_before(tables.episode)
        for gap in identity.records(self.origin.as_at):
            writer.put(gap)
        writer.finish(lambda _: False)
        loads.carry(self.connection, self.taken.load_id, "identity", GAPS)

    def quality(self, unsound: Collection[str]) -> None:
        """An Episode for each list that has rows to be put right, from the load that first showed one."""
        source, given = self.origin.source, set(self.taken.rows_by_register)
        writer = self.writer_of("quality")
        writer.rows_before(tables.episode)
        for name in sorted(unsound):
            fields = {
                "kind": "bad-rows",
                "ref": f"{source}/{name}",
                "record": f"{source}/{name}",
                "child_key": None,
                "worker_key": None,
                "start_on": self.origin.as_at,
                "start_unknown": None,
                "end_on": None,
                "end_unknown": False,
                "attributes": dict[str, str](),
            }
            writer.put(
                record(tables.episode, f"{source}/quality/{name}#rows", 0, fields, leaving_out="start_on")
            )
        writer.finish(lambda row: row.rpartition("/")[2] not in given)

    def feed(self) -> None:
        """The source itself is an Episode and this load an Event, so that a silent feed is a clock too."""
        source, as_at = self.origin.source, self.origin.as_at
        common = {"record": source, "child_key": None, "worker_key": None, "attributes": dict[str, str]()}
        starts = {
            "ref": source,
            "start_on": as_at,
            "start_unknown": None,
            "end_on": None,
            "end_unknown": False,
        }
        happened = {"due_on": None, "done_on": as_at, "unknown": False, "status": None}
        feed = {**common, "kind": "feed", **starts}
        event = {**common, "kind": "load", **happened}
        writer = self.writer_of("load")
        writer.put(record(tables.episode, f"{source}/load/feed#feed", 0, feed, leaving_out="start_on"))
        writer.put(record(tables.event, f"{source}/load/{as_at}#load", 0, event))
        writer.finish(lambda row: row.rpartition("/")[2] <= str(as_at))
        loads.carry(self.connection, self.taken.load_id, "load", MADE)

    def _named_before(self) -> set[str]:
        """The children, by their own keys, whom anything names that is in force of the source."""
        named: set[str] = set()
        for table in (tables.named, tables.episode, tables.event):
            query = select(tables.own_key(table)).where(
                table.c.source == self.origin.source,
                table.c.register.not_in(loads.MADE_REGISTERS),
                table.c.known_until.is_(None),
                table.c.child_key.is_not(None),
            )
            named.update(self.connection.scalars(query.distinct()))
        return named

    def _listed(self) -> set[str]:
        """The children, by their own keys, whom a list of any source has."""
        known = tables.child
        query = select(tables.own_key(known)).where(
            known.c.known_until.is_(None), known.c.register != STRANGERS
        )
        return set(self.connection.scalars(query))
