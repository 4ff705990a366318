"""What a function did on another thread, as a value that is carried back to the caller in the event loop."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Returned(Generic[T]):
    """The function returned this value."""

    value: T


@dataclass(frozen=True, slots=True)
class Raised:
    """The function raised this error."""

    error: BaseException


Outcome: TypeAlias = Returned[T] | Raised


def attempt(function: Callable[[], T]) -> Outcome[T]:
    """Call the function and return what happened; never raises.

    A future would do the same, but refuses StopIteration and then never wakes up whoever waits for it.
    """
    try:
        return Returned(function())
    except BaseException as error:  # noqa: BLE001 - whatever it is, `unwrap` raises it where the caller waits
        return Raised(error)


def unwrap(outcome: Outcome[T]) -> T:
    """Return the value, or raise the error."""
    if isinstance(outcome, Raised):
        raise outcome.error
    return outcome.value
