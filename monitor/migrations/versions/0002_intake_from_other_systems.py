"""intake from other systems: faults counted by code, held loads decided with a reason, children of several issuers"""

import sqlalchemy as sa
from alembic import op


revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def added() -> dict[str, tuple[sa.Column, ...]]:
    """By table, its new columns, made anew for each use."""
    return {
        "load": (
            sa.Column("rows_by_register", sa.JSON(), nullable=True),
            sa.Column("covers_from", sa.Date(), nullable=True),
            sa.Column("notes", sa.JSON(), nullable=True),
            sa.Column("decided_because", sa.Text(), nullable=True),
            sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        ),
        "issue": (
            sa.Column("code", sa.String(length=32), server_default="other", nullable=False),
            sa.Column("raw", sa.String(length=40), nullable=True),
            sa.Column("code_year", sa.String(length=16), nullable=True),
            sa.Column("team_key", sa.String(length=128), nullable=True),
        ),
        "child": (
            sa.Column("uln", sa.String(length=32), nullable=True),
            sa.Column("nhs", sa.String(length=32), nullable=True),
            sa.Column("own_key", sa.String(length=128), nullable=True),
        ),
        **{
            name: (sa.Column("own_key", sa.String(length=128), nullable=True),)
            for name in ("named", "episode", "event")
        },
    }


def upgrade() -> None:
    for table, columns in added().items():
        for column in columns:
            op.add_column(table, column)


def downgrade() -> None:
    for table, columns in added().items():
        with op.batch_alter_table(table, schema=None) as batch_op:
            for column in reversed(columns):
                batch_op.drop_column(column.name)
