"""Which groups are too small to be shown, so that nobody can be recognised in a figure. Pure."""

from collections.abc import Hashable, Mapping
from typing import TypeVar

SMALLEST_SHOWN = 11

K = TypeVar("K", bound=Hashable)


def too_small(n: int) -> bool:
    """Whether a group of `n` answers is kept back: 1 to 10. A group of nobody tells nothing of anybody."""
    return 0 < n < SMALLEST_SHOWN


def hidden(sizes: Mapping[K, int]) -> frozenset[K]:
    """The groups of a whole to keep back when the whole itself is shown.

    Groups of 1-10 are hidden. What is hidden could still be worked out as the whole minus the groups shown,
    so the next smallest are hidden as well until at least two are and they hold at least 11 answers together
    (or all are hidden): Centers for Medicare & Medicaid Services, cell suppression policy, derivable cells.
    Groups of nobody are never hidden and never help to hide. Ties are broken by the order of `sizes`.
    """
    filled = sorted((key for key, n in sizes.items() if n > 0), key=lambda key: sizes[key])
    kept_back = [key for key in filled if too_small(sizes[key])]
    if not kept_back:
        return frozenset()
    for key in filled[len(kept_back) :]:
        if len(kept_back) > 1 and sum(sizes[one] for one in kept_back) >= SMALLEST_SHOWN:
            break
        kept_back.append(key)
    return frozenset(kept_back)
