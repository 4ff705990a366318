"""Let nobody change the history of a complaint."""

from alembic import op

revision = "0002"
down_revision = "0001"

_REFUSAL = "the history of a complaint is only added to"


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER complaint_event_no_{change.lower()} BEFORE {change} ON complaint_event "
                f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION complaint_event_is_kept() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$"
    )
    op.execute(
        "CREATE TRIGGER complaint_event_is_kept BEFORE UPDATE OR DELETE ON complaint_event "
        "FOR EACH ROW EXECUTE FUNCTION complaint_event_is_kept()"
    )
