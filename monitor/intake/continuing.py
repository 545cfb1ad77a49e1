"""What began before a source shows it: the Episode that the ledger knows to go on then, under its own key and start."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Connection, select

from monitor import tables
from monitor.intake.kept import row_of
from monitor.intake.records import Record, record

Known = Mapping[str, Any]


@dataclass(slots=True)
class Continued:
    """Gives records whose start a source does not show the start that is known; counts those of which none is.

    `since` says by row of which day the source first shows them. Data of `newest` are the last that were taken: of what
    came after them nobody can say that it is what was known to go on.
    """

    connection: Connection
    source: str
    register: str
    since: Mapping[str, date]
    newest: date | None
    rows: dict[str, int] = field(
        default_factory=dict
    )  # the keys of the rows that were known, and their numbers now
    unknown: int = 0
    _known: dict[tuple[str, str], list[Known]] | None = None

    def records(self, made: Iterable[Record]) -> Iterator[Record]:
        for each in made:
            since = self.since.get(row_of(each.key)) if each.table is tables.episode else None
            if since is None or each.fields["start_on"] is not None:
                yield each
                continue
            known = self._going_on(each, since)
            if known is None:
                self.unknown += 1
                yield each
                continue
            self.rows[row_of(known["key"])] = each.row_no
            fields = {
                **each.fields,
                "ref": known["ref"],
                "record": known["record"],
                "start_on": known["start_on"],
                "start_unknown": None,
            }
            yield record(tables.episode, known["key"], each.row_no, fields)

    def notes(self, shown: str) -> Iterator[str]:
        if self.unknown:
            yield (
                f"{shown}: {self.unknown:,} of {self.register} began before the files show them, on a day that is not "
                "known, so what counts from it cannot be told. Give the files of the years before together with these."
            )

    def _going_on(self, each: Record, since: date) -> Known | None:
        """The Episode of the same kind and attributes that was known to last on this day."""
        if self.newest is None or since > self.newest:
            return None
        if self._known is None:
            self._known = self._in_force()
        fitting = (
            known
            for known in self._known.get((each.fields["kind"], str(each.fields["child_key"])), ())
            if known["start_on"] <= since
            and (known["end_on"] is None or known["end_on"] >= since)
            and known["attributes"] == each.fields["attributes"]
        )
        return next(fitting, None)

    def _in_force(self) -> dict[tuple[str, str], list[Known]]:
        episode = tables.episode
        names = ("key", "kind", "ref", "record", "child_key", "start_on", "end_on", "attributes")
        query = select(*(episode.c[name] for name in names)).where(
            episode.c.register == self.register,
            episode.c.source == self.source,
            episode.c.known_until.is_(None),
            episode.c.start_on.is_not(None),
        )
        found: dict[tuple[str, str], list[Known]] = defaultdict(list)
        for known in self.connection.execute(query.order_by(episode.c.start_on.desc())).mappings():
            found[known["kind"], str(known["child_key"])].append(dict(known))
        return found
