"""What the laboratory tells us about results, and the follow-up that comes of it."""

from datetime import datetime
from uuid import UUID

from bot.catalog import Catalog
from bot.dialog.event import Due
from bot.dialog.schedule import Trigger, into_window
from bot.turns.lab import Lab
from storage import follow_ups, visits
from storage.database import Session
from storage.tables import Consent, Contact, ResultStatus, Visit


class UnknownOrder(Exception):
    """No visit is known for this order."""


def report_results(
    session: Session,
    catalog: Catalog,
    lab: Lab,
    order: str,
    status: ResultStatus,
    delivered_at: datetime,
    now: datetime,
) -> UUID:
    """Take the laboratory's word on an order's results; repeats and stale news change nothing.

    Final and corrected results plan the follow-up, at most once per visit; cancelled ones take it back.
    Returns the visit's id; raises UnknownOrder when no visit has this order.
    """
    visit = visits.by_order(session, order)
    if visit is None:
        raise UnknownOrder
    if visit.delivered_at is not None and delivered_at < visit.delivered_at:
        return visit.id
    visits.record_results(session, visit, status, delivered_at)
    if status is ResultStatus.CANCELLED:
        asked = [one.id for one in catalog.scheduled(Trigger.RESULTS_DELIVERED)]
        follow_ups.cancel_asking(session, visit.id, asked, now)
    else:
        plan_asking(session, catalog, lab, visit, now)
    return visit.id


def plan_asking(session: Session, catalog: Catalog, lab: Lab, visit: Visit, now: datetime) -> None:
    """Plan what is to be asked after results, once the results are out and a person has agreed to be asked.

    Called whenever one of the two becomes true; whichever comes last does the planning.
    """
    if visit.contact_id is None or visit.consent is not Consent.GIVEN or visit.delivered_at is None:
        return
    if visit.result_status is ResultStatus.CANCELLED:
        return
    contact = session.get_one(Contact, visit.contact_id)
    if contact.withdrawn_at or contact.blocked_at:
        return
    for questionnaire in catalog.scheduled(Trigger.RESULTS_DELIVERED):
        schedule = questionnaire.schedule
        if schedule is not None:
            known = max(visit.delivered_at, visit.consent_at or visit.delivered_at)
            at = into_window(max(known + schedule.delay, now), schedule.window, lab.zone)
            follow_ups.plan(session, visit.id, questionnaire.id, Due.ASK, at)
