"""Bugs put into the bot from outside, one at a time, to see that the checker finds each of them.

Each changes the process it is called in, before the bot starts there.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from tests.faults.mutants import keeping, sending, taking

Way = Literal["polling", "webhook"]


@dataclass(frozen=True, slots=True)
class Mutant:
    """One bug, and the way of receiving and the home it shows on.

    One that shows seldom takes a `full` attack.
    """

    put_in: Callable[[], None]
    way: Way = "polling"
    full: bool = False
    home: str = "sqlite"


def mutate(name: str) -> None:
    """Put the bug into this process."""
    MUTANTS[name].put_in()


MUTANTS: Mapping[str, Mutant] = {
    "acknowledge an update before its commit": Mutant(taking.acknowledge_before_commit),
    "answer the webhook before the commit": Mutant(taking.webhook_answers_first, "webhook"),
    "advance the offset too early": Mutant(taking.offset_too_early),
    "drop an event that fails": Mutant(taking.lost_failures),
    "no compare-and-set: old buttons count": Mutant(taking.no_compare_and_set),
    "other people's buttons count": Mutant(taking.anybody_s_button),
    "forget that an event was taken": Mutant(taking.forget_the_event, "webhook", full=True),
    "mark a message sent before it is": Mutant(sending.mark_sent_first),
    "forget to mark a message sent": Mutant(sending.never_mark_sent),
    "send a message twice": Mutant(sending.send_twice),
    "give a message up at the first trouble": Mutant(sending.give_up_at_once),
    "take trouble for success": Mutant(sending.trouble_is_success),
    "write on to who blocked the bot": Mutant(sending.retry_who_blocked),
    "never look for what an earlier process left": Mutant(sending.no_safety_net),
    "several deliveries to one chat at once": Mutant(sending.side_by_side),
    "write to a contact another replica writes to": Mutant(sending.never_alone, "webhook", home="replicas"),
    "ask a follow-up again and again": Mutant(sending.follow_up_again_and_again),
    "never ask a follow-up": Mutant(sending.no_follow_ups),
    "ask who wanted no more messages": Mutant(sending.follow_up_after_stop),
    "leave a stopped survey running": Mutant(keeping.stop_is_not_kept),
    "count complaints in memory": Mutant(keeping.numbers_from_memory),
    "leave steps out of the history": Mutant(keeping.history_with_gaps),
    "do not tell the reporter": Mutant(sending.reporter_is_not_told),
    "let old news of results win": Mutant(taking.old_news_wins),
    "answer the laboratory system before the commit": Mutant(taking.laboratory_is_answered_first),
    "send a digest again and again": Mutant(sending.digest_again_and_again),
    "keep another figure than was tapped": Mutant(keeping.answers_mixed_up),
    "cut words short": Mutant(keeping.words_cut_short),
    "remember who declined": Mutant(keeping.declined_and_remembered),
    "acknowledge an issue before its commit": Mutant(taking.issue_is_acknowledged_first),
    "acknowledge words in Slack before their commit": Mutant(taking.slack_is_answered_first),
    "show everybody's complaints on App Home": Mutant(keeping.home_of_everybody),
    "leave the journal of erasures empty": Mutant(keeping.nothing_in_the_journal),
    "do not keep the consent": Mutant(keeping.consent_is_not_kept),
    "take messages back that nobody refused": Mutant(sending.messages_are_taken_back),
}
