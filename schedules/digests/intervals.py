"""Intervals that say how much a figure from few people can be trusted. Pure; every formula names its source.

Shares and differences are fractions: 0.25 is 25 %, or 25 points. `confidence` is two-sided, between 0 and 1.
"""

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its interval: low <= value <= high."""

    value: float
    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        """Whether nought lies outside the interval; an interval ending at nought does not exclude it."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True, slots=True)
class Share:
    """`successes` among `n` people, n > 0, with Wilson's 95 % interval."""

    successes: int
    n: int

    @property
    def estimate(self) -> Estimate:
        """The share and its interval."""
        return wilson(self.successes, self.n)


def wilson(successes: int, n: int, confidence: float = CONFIDENCE) -> Estimate:
    """Interval of a proportion: the score method without continuity correction.

    Wilson EB (1927), J Am Stat Assoc 22:209-212; method 3 in Newcombe RG (1998), Stat Med 17:857-872.
    ValueError unless 0 <= successes <= n and n > 0.
    """
    if not 0 <= successes <= n or n == 0:
        raise ValueError(f"no share: {successes} of {n}")
    z = _z(confidence)
    share = successes / n
    middle = 2 * successes + z * z
    reach = z * sqrt(z * z + 4 * successes * (1 - share))
    width = 2 * (n + z * z)
    # At the ends the bound is exact; computed, it would miss by a rounding error and leave the share outside.
    low = 0.0 if successes == 0 else (middle - reach) / width
    high = 1.0 if successes == n else (middle + reach) / width
    return Estimate(share, low, high)


def newcombe(now: Share, before: Share, confidence: float = CONFIDENCE) -> Estimate:
    """Interval of `now` minus `before`, two independent proportions: the hybrid score method.

    Method 10 in Newcombe RG (1998), Stat Med 17:873-890.
    """
    return difference(
        wilson(now.successes, now.n, confidence), wilson(before.successes, before.n, confidence)
    )


def difference(now: Estimate, before: Estimate) -> Estimate:
    """Interval of `now` minus `before`, two independent estimates, by squaring and adding the distances.

    Zou GY, Donner A (2008), Stat Med 27:1693-1702; on Wilson's intervals it is Newcombe's method 10.
    """
    value = now.value - before.value
    return Estimate(
        value,
        value - sqrt((now.value - now.low) ** 2 + (before.high - before.value) ** 2),
        value + sqrt((now.high - now.value) ** 2 + (before.value - before.low) ** 2),
    )


def net_share(promoting: int, detracting: int, n: int, confidence: float = CONFIDENCE) -> Estimate:
    """Interval of one answer's share minus another's, both from the same `n` people.

    The value is (promoting - detracting) / n. The interval is the adjusted Wald interval with three answers
    added, 3/4 to either share and 3/2 to the rest: Rocks B (2016), Am Stat 70:365-372. It is centred on the
    adjusted difference, and kept within -1 and 1. ValueError unless the two fit into n > 0.
    """
    if min(promoting, detracting) < 0 or promoting + detracting > n or n == 0:
        raise ValueError(f"no shares: {promoting} and {detracting} of {n}")
    value = (promoting - detracting) / n
    more, less = (promoting + 0.75) / (n + 3), (detracting + 0.75) / (n + 3)
    centre = more - less
    reach = _z(confidence) * sqrt((more + less - centre**2) / (n + 3))
    return Estimate(value, min(value, max(-1.0, centre - reach)), max(value, min(1.0, centre + reach)))


def shared(confidence: float, comparisons: int) -> float:
    """The confidence each of several comparisons needs for all of them together to have `confidence`.

    Bonferroni's inequality: with nine items compared at 95 % each, every third digest would call at least one
    change where there is none; with the 5 % shared out, at most one digest in twenty does.
    """
    return 1 - (1 - confidence) / max(comparisons, 1)


def _z(confidence: float) -> float:
    return NormalDist().inv_cdf((1 + confidence) / 2)
