"""Every version of every questionnaire ever used, so that a running response keeps its own."""

from collections.abc import Mapping
from datetime import datetime

from sqlmodel import Session, select

from storage.tables import QuestionnaireVersion


class VersionChanged(Exception):
    """A questionnaire's words changed without its version; the message says what to do."""


def kept(session: Session) -> Mapping[tuple[str, int], str]:
    """The source of every kept version, by id and version."""
    rows = session.exec(select(QuestionnaireVersion)).all()
    return {(row.questionnaire, row.version): row.source for row in rows}


def keep(session: Session, questionnaire: str, version: int, source: str, now: datetime) -> None:
    """Keep a version. Raises VersionChanged when the same version was kept with other content."""
    row = session.get(QuestionnaireVersion, (questionnaire, version))
    if row is None:
        session.add(
            QuestionnaireVersion(questionnaire=questionnaire, version=version, source=source, kept_at=now)
        )
    elif row.source != source:
        raise VersionChanged(
            f"questionnaire {questionnaire}: version {version} is in use with other content; "
            f"set `version: {version + 1}` in its file so that running responses keep theirs"
        )
