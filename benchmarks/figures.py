"""What was measured, and the table it is kept in."""

import csv
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

HISTORY = Path(__file__).with_name("history.csv")
_COLUMNS = ("at", "commit", "figure", "value", "target", "unit", "load", "processors")


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure; `target` is the most it may be, or the `least`; None if nothing was promised."""

    name: str
    value: float
    unit: str
    target: float | None = None
    least: bool = False

    @property
    def missed(self) -> bool:
        if self.target is None:
            return False
        return self.value < self.target if self.least else self.value > self.target

    @property
    def beside(self) -> str:
        """The target, and whether it was met."""
        if self.target is None:
            return ""
        return (
            f"  at {'least' if self.least else 'most'} {self.target:g}  {'MISSED' if self.missed else 'met'}"
        )


def quantile(values: Sequence[float], share: float) -> float:
    """The value that `share` of `values` do not exceed."""
    return sorted(values)[min(int(share * len(values)), len(values) - 1)]


def report(figures: Sequence[Figure], at: datetime) -> bool:
    """Print each figure beside its target, add all to the history, and tell whether every target was met."""
    load, processors = os.getloadavg()[0], os.cpu_count() or 1
    commit = _commit()
    print(f"\n{commit}, load {load:.1f} on {processors} processors")
    for one in figures:
        print(f"  {one.name:<58} {one.value:>10.2f} {one.unit:<8}{one.beside}")
    is_new = not HISTORY.exists()
    with HISTORY.open("a", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        if is_new:
            table.writerow(_COLUMNS)
        for one in figures:
            value = f"{one.value:.2f}"
            table.writerow(
                (f"{at:%Y-%m-%d}", commit, one.name, value, one.target, one.unit, f"{load:.1f}", processors)
            )
    return not any(one.missed for one in figures)


def _commit() -> str:
    asked = ["git", "describe", "--always", "--dirty", "--exclude=*"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False, cwd=HISTORY.parent)
    return done.stdout.strip() or "unknown"
