"""The register files of an imaginary council, with the small mess that every real export has.

Columns are those of the design's table, in its order; `monitor intake registers` reads a folder of these.
"""

import csv
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

Cell = str | date | None
Row = dict[str, Cell]

COLUMNS: Mapping[str, str] = {
    "children": "child_id dob expected_dob upn family_id team_id restricted",
    "named": "child_id worker_id from_on until_on",
    "teams": "team_id name service team_manager_id service_manager_id head_of_service_id director_id",
    "workers": (
        "worker_id name email role team_id manager_id fte started_on asye_started_on asye_ended_on left_on"
    ),
    "roles": "role worker_id mailbox service team_id",
    "allocations": "child_id worker_id role start_on end_on",
    "absences": "worker_id start_on end_on reason cover_id",
    "care_episodes": "episode_id child_id start_on end_on short_breaks",
    "legal_statuses": "child_id code start_on end_on",
    "placements": (
        "placement_id child_id start_on end_on type long_term intended_to_18 agreed_lower_frequency"
        " temporary_approval extension_ends_on"
    ),
    "reviews": "child_id kind due_on held_on status",
    "visits": "child_id kind held_on seen seen_alone",
    "permanence": (
        "child_id plan_a plan_a_on plan_b plan_b_on plan_b_not_required_until plan_b_not_required_reason"
        " plan_b_not_required_on plan_b_not_required_by endorsed_on achieved_on"
    ),
    "plo": (
        "case_id child_id gateway_on letter_sent_on first_meeting_on midpoint_review_on exited_on"
        " exit_outcome extended_until issued_on case_management_hearing_on issues_resolution_hearing_on"
        " final_order_on extension_granted_on extension_ends_on last_event_on next_step_on next_step"
    ),
    "ehc": (
        "request_id child_id received_on decided_on decision draft_sent_on no_plan_notice_on final_sent_on"
        " closed_on exception_code exception_on exception_review_on case_officer_id"
    ),
    "supervision": "worker_id supervisor_id child_id kind held_on signed_on",
    "disputes": (
        "dispute_id child_id raised_by_id opened_on formal stage stage_opened_on urgent urgent_on resolved_on"
        " agreed_by_iro cafcass_decision_on"
    ),
    "child_protection": (
        "enquiry_id child_id strategy_on conference_on no_conference_on plan_start_on core_group_on"
        " plan_end_on"
    ),
    "referrals": (
        "referral_id child_id received_on decided_on referrer_told_on assessment_authorised_on closed_on"
    ),
    "actions": "action_id child_id origin owner_id set_on due_on done_on",
    "meetings": "child_id kind due_on held_on",
    "excuses": "rule ref source code reason by on review_on",
}

# A bad row follows every so many good ones, so a register of fewer rows than this has none.
_ROWS_TO_ONE_BAD = 300
_MESS: Mapping[str, tuple[str, ...]] = {
    "allocations": ("unknown child", "ended before it began"),
    "care_episodes": ("ended before it began", "twice"),
    "ehc": ("twice",),
    "placements": ("twice", "ended before it began"),
    "referrals": ("twice",),
    "visits": ("unknown child",),
}
_UNKNOWN_CHILD = "C999999"


@dataclass(frozen=True, slots=True, kw_only=True)
class Registers:
    """The open files of one folder; rows are written as they come."""

    files: Mapping[str, "csv.DictWriter[str]"]
    written: dict[str, int]

    def add(self, register: str, **row: Cell) -> None:
        """Writes one row, and now and then a bad one after it; a column that is not given stays empty."""
        self.files[register].writerow(row)
        n = self.written[register] = self.written[register] + 1
        if register in _MESS and n % _ROWS_TO_ONE_BAD == 0:
            kinds = _MESS[register]
            self.files[register].writerow(_spoilt(row, kinds[n // _ROWS_TO_ONE_BAD % len(kinds)]))


@contextmanager
def open_registers(folder: Path) -> Iterator[Registers]:
    """Opens every register under `folder`, which is made if need be; each gets its whole header."""
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        files = {}
        for register, columns in COLUMNS.items():
            file = stack.enter_context((folder / f"{register}.csv").open("w", encoding="utf-8", newline=""))
            files[register] = csv.DictWriter(file, columns.split(), lineterminator="\n")
            files[register].writeheader()
        yield Registers(files=files, written=dict.fromkeys(COLUMNS, 0))


def _spoilt(row: Row, how: str) -> Row:
    """A bad row made from a good one, as hurried typing and careless exports make them."""
    if how == "unknown child":
        return {**row, "child_id": _UNKNOWN_CHILD}
    key, start_column = next(iter(row)), _start_column(row)
    start = row[start_column]
    if not isinstance(start, date):
        return row
    if how == "twice":  # the same id, with the date as it was first typed
        return {**row, start_column: start - timedelta(days=1)}
    began = start - timedelta(days=30)
    spoilt = {**row, start_column: began, "end_on": began - timedelta(days=10)}
    return spoilt if key == "child_id" else {**spoilt, key: f"{row[key]}9"}


def _start_column(row: Row) -> str:
    return "start_on" if "start_on" in row else "received_on"
