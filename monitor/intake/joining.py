"""Rows of one child that touch are one period of care: a change of placement or status is not a new one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from monitor import tables
from monitor.intake.records import Record, record


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """The records with touching periods made one, and the rows of each period that is made of several."""

    records: list[Record]
    joined_rows: list[tuple[int, ...]]


def join(made: Iterable[Record]) -> Joined:
    """The first row gives a period its id and start, the last to end its end.

    A row without a start is left as it is, and a short break is never joined to a period that is none. The Events of
    a row are about the period that it is part of.
    """
    whole: list[Record] = []
    periods: list[Record] = []
    for each in made:
        can_join = each.fields.get("start_on") is not None and each.fields["kind"] != "start-unknown"
        (periods if can_join else whole).append(each)
    periods.sort(key=lambda each: (*_of_one(each), each.fields["start_on"], each.row_no))
    runs = [run for _, group in groupby(periods, key=_of_one) for run in _runs(list(group))]
    period_of = {each.fields["record"]: run[0].fields["record"] for run in runs for each in run[1:]}
    return Joined(
        records=[_of_its(period_of, each) for each in whole] + [_one(run) for run in runs],
        joined_rows=[tuple(each.row_no for each in run) for run in runs if len(run) > 1],
    )


def _of_one(each: Record) -> tuple[str, str]:
    return (str(each.fields["child_key"]), str(each.fields["attributes"].get("short_breaks", "no")))


def _runs(group: list[Record]) -> list[list[Record]]:
    """The group parted where a gap lies between an end and the next start."""
    runs: list[list[Record]] = []
    latest: date | None = date.min
    for each in group:
        if runs and (latest is None or each.fields["start_on"] <= latest):
            runs[-1].append(each)
            latest = _later(latest, each.fields["end_on"])
        else:
            runs.append([each])
            latest = each.fields["end_on"]
    return runs


def _later(one: date | None, other: date | None) -> date | None:
    """The later end; an open period has none."""
    return None if one is None or other is None else max(one, other)


def _of_its(period_of: Mapping[str, str], each: Record) -> Record:
    """An Event of a row that was joined to another is about the whole period."""
    about = period_of.get(each.fields["record"])
    if about is None or each.table is not tables.event:
        return each
    return record(each.table, each.key, each.row_no, {**each.fields, "record": about})


def _one(run: list[Record]) -> Record:
    first = run[0]
    if len(run) == 1:
        return first
    ends = [each.fields["end_on"] for each in run]
    end = None if None in ends else max(ends)
    is_unknown = end is None and any(each.fields["end_unknown"] for each in run)
    fields = {**first.fields, "end_on": end, "end_unknown": is_unknown}
    return record(first.table, first.key, first.row_no, fields)
