"""Count completed responses once, and keep when they were asked for.

Those there are already are in no tally, as those to come: the ticks count them, the newest first.
"""

import sqlalchemy as sa
from alembic import op

from storage.columns import UtcDateTime

revision = "0004"
down_revision = "0003"

_KEEP_WHEN_ASKED = """
UPDATE response SET asked_at = COALESCE(
    (SELECT done_at FROM follow_up WHERE follow_up.visit_id = response.visit_id
     AND follow_up.questionnaire = response.questionnaire AND due = 'ask' AND follow_up.status = 'done'),
    (SELECT collected_at FROM visit WHERE visit.id = response.visit_id)
)
WHERE id IN (
    SELECT id FROM (
        SELECT id, row_number() OVER (PARTITION BY visit_id, questionnaire ORDER BY ended_at, id) AS n
        FROM response WHERE status = 'completed' AND visit_id IS NOT NULL
    ) AS complete WHERE n = 1
)
"""
# What changes after it was counted gives its tally up. Answers are only added before.
_ON_SQLITE = """
CREATE TRIGGER response_gives_up_tally AFTER UPDATE OF questionnaire, status, ended_at, site ON response
WHEN OLD.tally_id IS NOT NULL BEGIN DELETE FROM hour_tally WHERE id = OLD.tally_id; END
---
CREATE TRIGGER deleted_response_gives_up_tally AFTER DELETE ON response
WHEN OLD.tally_id IS NOT NULL BEGIN DELETE FROM hour_tally WHERE id = OLD.tally_id; END
---
CREATE TRIGGER answer_gives_up_tally AFTER UPDATE OF item, number, choice ON answer BEGIN
DELETE FROM hour_tally WHERE id = (SELECT tally_id FROM response WHERE id = OLD.response_id); END
---
CREATE TRIGGER deleted_answer_gives_up_tally AFTER DELETE ON answer BEGIN
DELETE FROM hour_tally WHERE id = (SELECT tally_id FROM response WHERE id = OLD.response_id); END
"""
# The response of an answer is locked: somebody may be counting it at this moment.
_ON_POSTGRESQL = """
CREATE FUNCTION response_gives_up_tally() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN DELETE FROM hour_tally WHERE id = OLD.tally_id; RETURN NULL; END $$
---
CREATE TRIGGER response_gives_up_tally
AFTER UPDATE OF questionnaire, status, ended_at, site OR DELETE ON response
FOR EACH ROW WHEN (OLD.tally_id IS NOT NULL) EXECUTE FUNCTION response_gives_up_tally()
---
CREATE FUNCTION answer_gives_up_tally() RETURNS trigger LANGUAGE plpgsql AS
$$ DECLARE its_tally uuid; BEGIN
SELECT tally_id INTO its_tally FROM response WHERE id = OLD.response_id FOR NO KEY UPDATE;
DELETE FROM hour_tally WHERE id = its_tally; RETURN NULL; END $$
---
CREATE TRIGGER answer_gives_up_tally AFTER UPDATE OF item, number, choice OR DELETE ON answer
FOR EACH ROW EXECUTE FUNCTION answer_gives_up_tally()
"""


def upgrade() -> None:
    op.create_table(
        "hour_tally",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("survey", sa.String(), nullable=False),
        sa.Column("hour", UtcDateTime(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("responses", sa.Integer(), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("sites", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hour_tally")),
    )
    with op.batch_alter_table("hour_tally", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_hour_tally_survey_hour_rule"), ["survey", "hour", "rule"], unique=False
        )

    with op.batch_alter_table("follow_up", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_follow_up_questionnaire_done_at"))
        batch_op.create_index(
            "ix_follow_up_asked",
            ["questionnaire", "done_at"],
            unique=False,
            sqlite_where=sa.text("due = 'ask' AND status = 'done'"),
            postgresql_where=sa.text("due = 'ask' AND status = 'done'"),
        )

    with op.batch_alter_table("response", schema=None) as batch_op:
        batch_op.add_column(sa.Column("asked_at", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("tally_id", sa.Uuid(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_response_tally_id_hour_tally"),
            "hour_tally",
            ["tally_id"],
            ["id"],
            ondelete="SET NULL",
        )
    op.execute(_KEEP_WHEN_ASKED)
    with op.batch_alter_table("response", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_response_questionnaire_ended_at"))
        batch_op.create_index(
            "ix_response_completed",
            ["questionnaire", "ended_at", "id"],
            unique=False,
            sqlite_where=sa.text("status = 'completed'"),
            postgresql_where=sa.text("status = 'completed'"),
        )
        batch_op.create_index(
            "ix_response_asked",
            ["questionnaire", "asked_at", "ended_at"],
            unique=False,
            sqlite_where=sa.text("status = 'completed'"),
            postgresql_where=sa.text("status = 'completed'"),
        )
        batch_op.create_index(
            "ix_response_tallied",
            ["tally_id"],
            unique=False,
            sqlite_where=sa.text("tally_id IS NOT NULL"),
            postgresql_where=sa.text("tally_id IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_response_untallied",
            ["questionnaire", "tally_id", "ended_at"],
            unique=False,
            sqlite_where=sa.text("status = 'completed' AND tally_id IS NULL"),
            postgresql_where=sa.text("status = 'completed' AND tally_id IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_response_visit_id"))
        batch_op.create_index(
            batch_op.f("ix_response_visit_id_questionnaire"), ["visit_id", "questionnaire"], unique=False
        )

    giving_up = _ON_SQLITE if op.get_bind().dialect.name == "sqlite" else _ON_POSTGRESQL
    for statement in giving_up.split("---"):
        op.execute(statement)
