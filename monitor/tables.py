"""The ledger's tables: case records kept by version, and what the monitor did about them.

A case record is never updated in place. A version is in force while `known_until` is empty; the load that
replaces or withdraws it writes the day from which it was no longer known. `known_from` and `known_until` are
the days of the data (a load's `as_at`), so "what was known on D" is
`known_from <= D and (known_until is null or known_until > D)`.

Keys: `key` names one record for ever (source, register, ids, part); `record` names the council's own row, which one
register row's Episodes and Events share; `child_key`, `worker_key`, `team_key` are "issuer:id". `own_key` is the
source's own key of a child that is known under another issuer's.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Date,
    DateTime,
    ForeignKey,
    FromClause,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.sql.elements import TextClause

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite numbers rows by itself only where the key's type is exactly INTEGER.
_Id = BigInteger().with_variant(Integer, "sqlite")


def _id() -> Column[int]:
    return Column("id", _Id, primary_key=True)


def _version() -> list[Column[object]]:
    """What every case record carries: where it came from, and from when until when it was known."""
    return [
        Column("key", Text, nullable=False),
        Column("source", String(64), nullable=False),
        Column("register", String(64), nullable=False),
        Column("load_id", ForeignKey("load.id"), nullable=False),
        Column("row_no", Integer, nullable=False),
        Column("digest", LargeBinary(8), nullable=False),
        Column("known_from", Date, nullable=False),
        Column("known_until", Date),
        Column("ended_by_load", ForeignKey("load.id")),
    ]


def _only(condition: str) -> dict[str, TextClause]:
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


def _case_table(name: str, *columns: Column[object]) -> Table:
    table = Table(name, metadata, _id(), *_version(), *columns)
    Index(f"uq_{name}_in_force", table.c.key, unique=True, **_only("known_until IS NULL"))  # type: ignore[arg-type]
    Index(f"ix_{name}_register", table.c.register, table.c.source, **_only("known_until IS NULL"))  # type: ignore[arg-type]
    return table


load = Table(
    "load",
    metadata,
    _id(),
    Column("source", String(64), nullable=False),
    Column("format", String(32), nullable=False),
    Column("as_at", Date, nullable=False),
    Column("as_at_from", String(32), nullable=False),  # "given", "file dates"
    Column("digest", String(64), nullable=False),
    Column("taken_at", DateTime(timezone=True), nullable=False),
    Column("state", String(16), nullable=False),  # "taken", "held", "released", "discarded"
    Column("held_because", Text),
    Column("rows_read", Integer, nullable=False),
    Column("rows_refused", Integer, nullable=False),
    Column("rows_new", Integer, nullable=False),
    Column("rows_changed", Integer, nullable=False),
    Column("rows_withdrawn", Integer, nullable=False),
    Column("rows_by_register", JSON),  # how many each register had
    Column(
        "covers_from", Date
    ),  # the day before which it shows nothing that has ended; empty where it shows all
    Column("notes", JSON),  # what a person was told of it
    Column("decided_because", Text),  # why a person released or discarded it
    Column("decided_at", DateTime(timezone=True)),
)
Index("ix_load_source", load.c.source, load.c.as_at)

# What a load carries: a kind, a kind and one of its attributes ("ehc-request.exception_code"), or "" for nothing.
carries = Table(
    "carries",
    metadata,
    Column("load_id", ForeignKey("load.id"), primary_key=True),
    Column("register", String(64), primary_key=True),
    Column("item", String(96), primary_key=True),
)

# What intake had to say about a row: refused, or taken with something unknown. Never an id, a name or free text.
issue = Table(
    "issue",
    metadata,
    _id(),
    Column("load_id", ForeignKey("load.id"), nullable=False, index=True),
    Column("file", String(128), nullable=False),
    Column("row_no", Integer, nullable=False),
    Column("column", String(64), nullable=False),
    Column("refused", Boolean, nullable=False),
    Column("text", Text, nullable=False),
    Column(
        "code", String(32), nullable=False, server_default="other"
    ),  # "not-a-date", "unknown-code", "twice" ...
    Column("raw", String(40)),  # of a date or a code-list column only
    Column("code_year", String(16)),  # of the code list that it was read by
    Column("team_key", String(128)),  # of the child in the row, as it was then known
)

child = _case_table(
    "child",
    Column("child_key", String(128), nullable=False, index=True),
    Column("dob", Date),
    Column("expected_dob", Date),
    Column("upn", String(32)),
    Column("uln", String(32)),
    Column("nhs", String(32)),
    Column("own_key", String(128)),
    Column("family_key", String(128)),
    Column("team_key", String(128)),
    Column("restricted", Boolean, nullable=False),
)

worker = _case_table(
    "worker",
    Column("worker_key", String(128), nullable=False, index=True),
    Column("name", Text),
    Column("email", Text),
    Column("role", String(64)),
    Column("team_key", String(128)),
    Column("manager_key", String(128)),
    Column("fte", String(16)),
    Column("left_on", Date),
)

team = _case_table(
    "team",
    Column("team_key", String(128), nullable=False, index=True),
    Column("name", Text),
    Column("service", Text),
    Column("team_manager_key", String(128)),
    Column("service_manager_key", String(128)),
    Column("head_of_service_key", String(128)),
    Column("director_key", String(128)),
)

# Posts outside the line of management: the data steward, the council's solicitor, the IRO manager.
post = _case_table(
    "post",
    Column("role", String(64), nullable=False),
    Column("worker_key", String(128)),
    Column("mailbox", Text),
    Column("service", Text),
    Column("team_key", String(128)),
)

# Who may see, and be told of, a restricted child.
named = _case_table(
    "named",
    Column("child_key", String(128), nullable=False, index=True),
    Column("own_key", String(128)),
    Column("worker_key", String(128), nullable=False),
    Column("from_on", Date, nullable=False),
    Column("until_on", Date),
)

episode = _case_table(
    "episode",
    Column("kind", String(64), nullable=False),
    Column("ref", Text, nullable=False),
    Column("record", Text, nullable=False),
    Column("child_key", String(128)),
    Column("own_key", String(128)),
    Column("worker_key", String(128)),
    Column("start_on", Date),
    Column("start_unknown", String(16)),  # "missing", "unreadable", "not shown", or empty
    Column("end_on", Date),
    Column("end_unknown", Boolean, nullable=False),
    Column("attributes", JSON, nullable=False),
)
Index("ix_episode_kind", episode.c.kind, episode.c.start_on)
Index("ix_episode_child", episode.c.child_key, episode.c.kind, episode.c.start_on)
Index("ix_episode_worker", episode.c.worker_key, episode.c.kind, episode.c.start_on)
Index("ix_episode_record", episode.c.record, episode.c.kind)

event = _case_table(
    "event",
    Column("kind", String(64), nullable=False),
    Column("record", Text, nullable=False),
    Column("child_key", String(128)),
    Column("own_key", String(128)),
    Column("worker_key", String(128)),
    Column("due_on", Date),
    Column("done_on", Date),
    Column("unknown", Boolean, nullable=False),  # it is said to have happened, on a day that cannot be read
    Column("status", String(32)),
    Column("attributes", JSON, nullable=False),
)
Index("ix_event_record", event.c.record, event.c.kind, event.c.done_on)
Index("ix_event_child", event.c.child_key, event.c.kind, event.c.done_on)
Index("ix_event_worker", event.c.worker_key, event.c.kind, event.c.done_on)
Index("ix_event_unknown", event.c.kind, **_only("unknown"))  # type: ignore[arg-type]

CASE_TABLES = (child, worker, team, post, named, episode, event)
OF_CHILDREN = (child, named, episode, event)


def own_key(table: FromClause) -> ColumnElement[str]:
    """The key of a record's child as its source has it, whatever key the child is known under."""
    return func.coalesce(table.c.own_key, table.c.child_key)


# The tables under another name, for look-ups beside a row of the same table. Made once, for SQLAlchemy copies every
# column for each alias; look-ups that stand side by side in one statement may share one.
other_episode, other_event, other_worker = episode.alias("oe"), event.alias("ov"), worker.alias("ow")
preferred_episode, preferred_event = episode.alias("pe"), event.alias("pv")
judged_episode, begun_episode = episode.alias("je"), episode.alias("be")
row_episode, row_child = episode.alias("r"), child.alias("ch")

# What the monitor did.
sweep = Table(
    "sweep",
    metadata,
    _id(),
    Column("as_at", Date, nullable=False),
    Column("started_at", DateTime(timezone=True), nullable=False),
    Column("finished_at", DateTime(timezone=True)),
    Column("judged", Boolean),  # False: the engine was lost and plain findings stood alone
    Column("counts", JSON),
)

# A rule that has judged a source before: what it finds there now is news, not backlog.
seen = Table(
    "seen",
    metadata,
    Column("rule", String(64), primary_key=True),
    Column("source", String(64), primary_key=True),
    Column("first_as_at", Date, nullable=False),
)

alert = Table(
    "alert",
    metadata,
    _id(),
    Column("rule", String(64), nullable=False),
    Column("subject", String(128), nullable=False),  # child_key, worker_key, or the source for a feed
    Column("ref", Text, nullable=False),
    Column("started_on", Date, nullable=False),
    Column("source", String(64), nullable=False),
    Column("record", Text, nullable=False),
    Column("child_key", String(128)),
    Column("worker_key", String(128)),
    Column("team_key", String(128)),
    Column("due_on", Date),
    Column("act_by", Date),
    Column("outcome", String(16), nullable=False),
    Column("stage", String(64), nullable=False),
    Column("stage_no", Integer, nullable=False),
    Column("told_no", Integer, nullable=False),  # the last stage whose people have been told
    Column("rag", String(8), nullable=False),
    Column("why", Text, nullable=False),
    Column("state", String(16), nullable=False),  # "open", "cleared", "lapsed"
    Column("opened_on", Date, nullable=False),
    Column("closed_on", Date),
    Column("backlog", Boolean, nullable=False),
    Column("urgent", Boolean, nullable=False),
    Column("muted_by", ForeignKey("alert.id")),
    Column("muted_because", Text),
    Column("ladder", JSON, nullable=False),  # days and roles, frozen when the alert opened
    Column("silent_from", Date),  # the day from which unanswered days count; empty before the alert may climb
    Column("data_day", Date, nullable=False),
    Column("evidence", JSON, nullable=False),
)
Index(
    "uq_alert_open",
    alert.c.rule,
    alert.c.subject,
    alert.c.ref,
    alert.c.started_on,
    unique=True,
    **_only("state = 'open'"),  # type: ignore[arg-type]
)
Index("ix_alert_state", alert.c.state, alert.c.team_key)
Index("ix_alert_subject", alert.c.subject, alert.c.rule)

transition = Table(
    "transition",
    metadata,
    _id(),
    Column("alert_id", ForeignKey("alert.id"), nullable=False, index=True),
    Column("sweep_id", ForeignKey("sweep.id")),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("as_at", Date, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("by", String(128), nullable=False),
    Column("why", Text, nullable=False),
    Column("values", JSON, nullable=False),
)

rung = Table(
    "rung",
    metadata,
    Column("alert_id", ForeignKey("alert.id"), primary_key=True),
    Column("no", Integer, primary_key=True),  # numbers beyond the ladder are the weekly repeats at its top
    Column("claimed_on", Date, nullable=False),
    Column("role", String(64), nullable=False),
    Column("told", Boolean, nullable=False),  # False: everybody up to the top had been told before
)

message = Table(
    "message",
    metadata,
    _id(),
    Column("message_id", String(255), nullable=False, unique=True),
    Column("address", Text, nullable=False),
    Column(
        "recipient", Text, nullable=False
    ),  # where it goes: the address, or what redirect mode put in its place
    Column("kind", String(16), nullable=False),  # "digest", "urgent"
    Column("for_day", Date, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("state", String(16), nullable=False, index=True),  # "owed", "sent", "refused"
    Column("attempts", Integer, nullable=False),
    Column("next_attempt_at", DateTime(timezone=True)),
)
Index(
    "uq_message_digest",
    message.c.address,
    message.c.for_day,
    unique=True,
    **_only("kind = 'digest'"),  # type: ignore[arg-type]
)

notice = Table(
    "notice",
    metadata,
    _id(),
    Column("alert_id", ForeignKey("alert.id"), nullable=False, index=True),
    Column("address", Text, nullable=False),  # case-folded; empty where nobody could be told
    Column("person", String(128), nullable=False),
    Column("role", String(64), nullable=False),
    Column("kind", String(16), nullable=False),  # "stage", "rung", "backlog", "count"
    Column("step", String(64), nullable=False),  # the stage's label or the rung's number
    Column("because", Text, nullable=False),
    Column("urgent", Boolean, nullable=False),
    Column("as_at", Date, nullable=False),
    Column("values", JSON, nullable=False),  # what the mail needs to know, as it stood
    Column("message_id", ForeignKey("message.id"), index=True),
    Column("not_sent_because", Text),
    UniqueConstraint("alert_id", "kind", "step", "address"),
)
Index("ix_notice_owed", notice.c.address, **_only("message_id IS NULL AND not_sent_because IS NULL"))  # type: ignore[arg-type]

delivery = Table(
    "delivery",
    metadata,
    _id(),
    Column("message_id", ForeignKey("message.id"), nullable=False, index=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("outcome", String(16), nullable=False),  # "sent", "deferred", "refused"
    Column("code", Integer),
    Column("detail", Text, nullable=False),
)

lease = Table(
    "lease",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("holder", String(128), nullable=False),
    Column("until", DateTime(timezone=True), nullable=False),
)

# Small facts about the home: when mail went live and by whom, the days of daily jobs already done.
mark = Table(
    "mark",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", Text, nullable=False),
    Column("by", String(128), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)
