"""Rows of one child that touch are one period of care: a change of placement or status is not a new one."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from itertools import groupby
from typing import Any

from sqlalchemy import Table

from monitor.intake.records import Record, digest_of

Made = tuple[Table, Record]


def joined(made: Iterable[Made], file: str) -> tuple[list[Made], list[str]]:
    """The records with touching periods made one, and a note for each that was.

    The first row gives its id and start, the last to end its end. A row without a start is left as it is, and
    a short break is never joined to a period that is none.
    """
    whole: list[Made] = []
    periods: list[Made] = []
    for table, record in made:
        can_join = record.fields.get("start_on") is not None and record.fields["kind"] != "start-unknown"
        (periods if can_join else whole).append((table, record))
    notes: list[str] = []
    periods.sort(key=lambda each: (*_of_one(each), each[1].fields["start_on"], each[1].row_no))
    for _, group in groupby(periods, key=_of_one):
        for run in _runs(list(group)):
            whole.append(_one(run))
            if len(run) > 1:
                rows = ", ".join(str(record.row_no) for _, record in run)
                notes.append(f"{file}: rows {rows} touch and were joined into one period of care.")
    return whole, notes


def _of_one(each: Made) -> tuple[str, str]:
    fields = each[1].fields
    return (str(fields["child_key"]), str(fields["attributes"].get("short_breaks", "no")))


def _runs(group: list[Made]) -> list[list[Made]]:
    """The group parted where a gap lies between an end and the next start."""
    runs: list[list[Made]] = []
    latest: date | None = date.min
    for each in group:
        fields: dict[str, Any] = each[1].fields
        if runs and (latest is None or fields["start_on"] <= latest):
            runs[-1].append(each)
            latest = None if latest is None or fields["end_on"] is None else max(latest, fields["end_on"])
        else:
            runs.append([each])
            latest = fields["end_on"]
    return runs


def _one(run: list[Made]) -> Made:
    table, first = run[0]
    if len(run) == 1:
        return table, first
    ends = [record.fields["end_on"] for _, record in run]
    fields = {**first.fields, "end_on": None if None in ends else max(ends)}
    return table, replace(first, fields=fields, digest=digest_of(fields))
