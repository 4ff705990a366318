"""Every version of every questionnaire ever used, so that a running response keeps its own."""

from collections.abc import Mapping
from datetime import datetime

from sqlmodel import Session, select

from storage.statements import insert_ignore
from storage.tables import QuestionnaireVersion


def kept(session: Session) -> Mapping[tuple[str, int], str]:
    """The source of every kept version, by id and version."""
    rows = session.exec(select(QuestionnaireVersion)).all()
    return {(row.questionnaire, row.version): row.source for row in rows}


def keep(session: Session, questionnaire: str, version: int, source: str, now: datetime) -> None:
    """Keep a version, or its better words: the catalogue has made sure that its items are still the same."""
    values = {"questionnaire": questionnaire, "version": version, "source": source, "kept_at": now}
    if insert_ignore(session, QuestionnaireVersion, values):
        return
    row = session.get_one(QuestionnaireVersion, (questionnaire, version))
    if row.source != source:
        row.source = source
