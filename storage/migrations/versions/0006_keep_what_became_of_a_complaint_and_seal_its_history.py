"""Keep what became of a complaint, and seal its history."""

import sqlalchemy as sa
from alembic import op

from storage.columns import UtcDateTime

revision = "0006"
down_revision = "0005"

_IS_OPEN = "status IN ('received', 'acknowledged', 'investigating', 'reopened')"
_DEPARTMENTS = {
    "turnaround": "bench",
    "result_accuracy": "bench",
    "critical_value": "bench",
    "specimen": "bench",
    "report_format": "it",
    "it": "it",
    "courier": "courier",
    "supplies": "supplies",
    "billing": "billing",
}


def upgrade() -> None:
    op.create_table(
        "chain",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_chain")),
    )
    op.create_table(
        "investigation",
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("ours", sa.Boolean(), nullable=True),
        sa.Column("ours_why", sa.LargeBinary(), nullable=True),
        sa.Column("evidence", sa.LargeBinary(), nullable=True),
        sa.Column("substantiated", sa.String(length=32), nullable=True),
        sa.Column("cause", sa.String(length=32), nullable=True),
        sa.Column("correction", sa.LargeBinary(), nullable=True),
        sa.Column("impartiality", sa.LargeBinary(), nullable=True),
        sa.Column("approver_id", sa.Uuid(), nullable=True),
        sa.Column("approved_at", UtcDateTime(), nullable=True),
        sa.Column("communicated_at", UtcDateTime(), nullable=True),
        sa.Column("communicated_by_id", sa.Uuid(), nullable=True),
        sa.Column("communicated_how", sa.String(length=32), nullable=True),
        sa.Column("not_communicated_why", sa.LargeBinary(), nullable=True),
        sa.Column("review_on", sa.Date(), nullable=True),
        sa.Column("effective", sa.String(length=32), nullable=True),
        sa.Column("reviewed_at", UtcDateTime(), nullable=True),
        sa.Column("reviewed_by_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["approver_id"], ["contact.id"], name=op.f("fk_investigation_approver_id_contact")
        ),
        sa.ForeignKeyConstraint(
            ["communicated_by_id"], ["contact.id"], name=op.f("fk_investigation_communicated_by_id_contact")
        ),
        sa.ForeignKeyConstraint(
            ["complaint_id"], ["complaint.id"], name=op.f("fk_investigation_complaint_id_complaint")
        ),
        sa.ForeignKeyConstraint(
            ["reviewed_by_id"], ["contact.id"], name=op.f("fk_investigation_reviewed_by_id_contact")
        ),
        sa.PrimaryKeyConstraint("complaint_id", name=op.f("pk_investigation")),
    )
    with op.batch_alter_table("investigation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_investigation_approver_id"), ["approver_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_investigation_communicated_by_id"), ["communicated_by_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_investigation_reviewed_by_id"), ["reviewed_by_id"], unique=False)
    _partial("ix_investigation_review", ["review_on"], "reviewed_at IS NULL", "investigation")

    op.create_table(
        "involved",
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["complaint_id"], ["complaint.id"], name=op.f("fk_involved_complaint_id_complaint")
        ),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_involved_contact_id_contact")),
        sa.PrimaryKeyConstraint("complaint_id", "contact_id", name=op.f("pk_involved")),
    )
    with op.batch_alter_table("involved", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_involved_contact_id"), ["contact_id"], unique=False)

    op.create_table(
        "measure",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["complaint_id"], ["complaint.id"], name=op.f("fk_measure_complaint_id_complaint")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["contact.id"], name=op.f("fk_measure_owner_id_contact")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_measure")),
    )
    with op.batch_alter_table("measure", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_measure_complaint_id"), ["complaint_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_measure_owner_id"), ["owner_id"], unique=False)

    op.create_table(
        "praise",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=False),
        sa.Column("about", sa.LargeBinary(), nullable=True),
        sa.Column("site", sa.String(), nullable=True),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("giver_id", sa.Uuid(), nullable=True),
        sa.Column("response_id", sa.Uuid(), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["giver_id"], ["contact.id"], name=op.f("fk_praise_giver_id_contact")),
        sa.ForeignKeyConstraint(
            ["response_id"], ["response.id"], name=op.f("fk_praise_response_id_response")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_praise")),
    )
    with op.batch_alter_table("praise", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_praise_giver_id"), ["giver_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_praise_response_id"), ["response_id"], unique=False)

    op.add_column("staff", sa.Column("department", sa.String(length=32), nullable=True))

    op.drop_index("ix_complaint_open", "complaint")
    with op.batch_alter_table("complaint", schema=None) as batch_op:
        batch_op.alter_column("severity", new_column_name="consequence")
        batch_op.add_column(
            sa.Column("department", sa.String(length=32), nullable=False, server_default="front_desk")
        )
        batch_op.add_column(
            sa.Column("recurrence", sa.String(length=32), nullable=False, server_default="first")
        )
        batch_op.add_column(sa.Column("safety", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(
            sa.Column("complainant", sa.String(length=32), nullable=False, server_default="other")
        )
        batch_op.add_column(
            sa.Column("confidential", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        batch_op.add_column(sa.Column("reporter_name", sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column("relay_hash", sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column("entered_by_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("merged_into_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("acknowledged_by_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("acknowledged_how", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("progressed_at", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("reopened_at", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("waiting_since", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("waited_seconds", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("closed_at", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("clock", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("due_at", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("look_at", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("nudges", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("rating", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("rated_at", UtcDateTime(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_complaint_merged_into_id_complaint"), "complaint", ["merged_into_id"], ["id"]
        )
        batch_op.create_index(batch_op.f("ix_complaint_merged_into_id"), ["merged_into_id"])
        batch_op.create_foreign_key(
            batch_op.f("fk_complaint_acknowledged_by_id_contact"), "contact", ["acknowledged_by_id"], ["id"]
        )
        batch_op.create_index(batch_op.f("ix_complaint_acknowledged_by_id"), ["acknowledged_by_id"])
        batch_op.create_foreign_key(
            batch_op.f("fk_complaint_entered_by_id_contact"), "contact", ["entered_by_id"], ["id"]
        )
        batch_op.create_index(batch_op.f("ix_complaint_entered_by_id"), ["entered_by_id"])
        batch_op.create_unique_constraint(batch_op.f("uq_complaint_relay_hash"), ["relay_hash"])
    _partial("ix_complaint_open", ["assignee_id", "id"], _IS_OPEN)
    _partial("ix_complaint_department", ["department", "id"], _IS_OPEN)
    _partial("ix_complaint_look", ["look_at"], "look_at IS NOT NULL")
    op.create_index("ix_complaint_like", "complaint", ["category", "department", "received_at"])
    _fill()

    # Not rebuilt, so that what refuses changes to it stays.
    op.add_column("complaint_event", sa.Column("changes", sa.LargeBinary(), nullable=True))
    op.add_column("complaint_event", sa.Column("position", sa.Integer(), nullable=True))
    op.add_column("complaint_event", sa.Column("digest", sa.LargeBinary(), nullable=True))
    op.create_index(op.f("ix_complaint_event_position"), "complaint_event", ["position"], unique=True)

    # Nor this one, for its size.
    key = sa.ForeignKey("complaint.id", name=op.f("fk_outbox_complaint_id_complaint"))
    op.add_column("outbox", sa.Column("complaint_id", sa.Uuid(), key, nullable=True), inline_references=True)
    op.add_column("outbox", sa.Column("reference_hash", sa.LargeBinary(), nullable=True))
    _partial("ix_outbox_complaint", ["complaint_id"], "complaint_id IS NOT NULL", "outbox")
    _partial("ix_outbox_reference", ["contact_id", "reference_hash"], "reference_hash IS NOT NULL", "outbox")
    _find_cards()


def _partial(name: str, columns: list[str], where: str, table: str = "complaint") -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, sqlite_where=condition, postgresql_where=condition)


def _fill() -> None:
    """Give complaints of before a department and their reporters' group, and have their clocks looked at."""
    departments = "".join(f" WHEN '{category}' THEN '{one}'" for category, one in _DEPARTMENTS.items())
    op.execute(
        f"UPDATE complaint SET department = CASE category{departments} ELSE 'front_desk' END, "  # noqa: S608
        "complainant = CASE channel WHEN 'slack' THEN 'care_team' ELSE 'patient' END, "
        f"look_at = CASE WHEN {_IS_OPEN} OR status = 'resolved' THEN received_at END"
    )


def _find_cards() -> None:
    """Let the messages that show a complaint stay for as long as it is not ended."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    written = "replace(substr(slot, 11), '-', '')" if is_sqlite else "CAST(substr(slot, 11) AS uuid)"
    op.execute(f"UPDATE outbox SET complaint_id = {written} WHERE slot LIKE 'complaint:%'")  # noqa: S608
