"""Find what is due and what is open in its order."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    with op.batch_alter_table("follow_up", schema=None) as batch_op:
        batch_op.drop_index("ix_follow_up_pending")
    _partial("ix_follow_up_ending", "follow_up", ["due_at", "id"], "status = 'pending' AND due = 'expire'")
    _partial("ix_follow_up_other", "follow_up", ["due_at", "id"], "status = 'pending' AND due <> 'expire'")
    _partial("ix_complaint_open", "complaint", ["assignee_id", "id"], "status <> 'resolved'")


def _partial(name: str, table: str, columns: list[str], where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, sqlite_where=condition, postgresql_where=condition)
