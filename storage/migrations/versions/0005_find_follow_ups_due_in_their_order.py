"""Find follow-ups due in their order, those that end something apart."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0003"


def upgrade() -> None:
    with op.batch_alter_table("follow_up", schema=None) as batch_op:
        batch_op.drop_index("ix_follow_up_pending")
        for name, kind in (
            ("ix_follow_up_ending", "due = 'expire'"),
            ("ix_follow_up_other", "due <> 'expire'"),
        ):
            where = sa.text(f"status = 'pending' AND {kind}")
            batch_op.create_index(
                name, ["due_at", "id"], unique=False, sqlite_where=where, postgresql_where=where
            )
