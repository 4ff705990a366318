"""A digest: the findings of one period, not yet in anybody's words."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from schedules.digests.findings import Finding
from schedules.digests.recurrence import Window
from storage.tables import Period


@dataclass(frozen=True, slots=True)
class Digest:
    """What `lab` is told of `window`, as seen in `zone`; `rolling` when it was asked for and ends now."""

    lab: str
    period: Period
    rolling: bool
    window: Window
    zone: ZoneInfo
    findings: tuple[Finding, ...]
