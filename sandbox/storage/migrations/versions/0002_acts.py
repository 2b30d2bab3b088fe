"""acts on a pilot's supervision file; stage and mentor of a pilot"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "acts",
        sa.Column("pilot", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entry", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["pilot"], ["pilots.slug"], name=op.f("fk_acts_pilot")),
        sa.PrimaryKeyConstraint("pilot", "number", name=op.f("pk_acts")),
        sa.UniqueConstraint("entry", name=op.f("uq_acts_entry")),
    )
    with op.batch_alter_table("pilots") as batch:
        batch.add_column(sa.Column("stage", sa.String(length=2), nullable=False, server_default=""))
        batch.add_column(sa.Column("mentor", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_table("acts")
    for column in ("mentor", "stage"):  # in place: a table made anew would leave its contracts without a pilot
        op.drop_column("pilots", column)
