"""Find what waits for a contact at once."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_outbox_contact_id_slot"))
        batch_op.create_index(
            batch_op.f("ix_outbox_contact_id_slot_id"), ["contact_id", "slot", "id"], unique=False
        )
        batch_op.create_index(
            "ix_outbox_next",
            ["contact_id", "id"],
            unique=False,
            sqlite_where=sa.text("status = 'pending'"),
            postgresql_where=sa.text("status = 'pending'"),
        )
