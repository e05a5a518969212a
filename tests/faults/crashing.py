"""One run with a fault at one write, what repairs it, and what must be true afterwards. For tests and for soaks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from random import Random
from signal import SIGKILL

from tests.fakes.terminal import Ended
from tests.faults.rules import HangUp, Rule, at_write, untouched
from tests.faults.stage import Found, Stage

LATEST = 12
"""A second kill, of the run that repairs, is aimed at one of so many writes."""


class Fault(Enum):
    """What happens at a write."""

    KILLED_BEFORE = HangUp(committed=False, signal=SIGKILL)
    KILLED_AFTER = HangUp(committed=True, signal=SIGKILL)
    REPLY_LOST = HangUp(committed=True)

    @property
    def kills(self) -> bool:
        """Whether the run ends by it."""
        return self.value.signal is not None


@dataclass(frozen=True, slots=True)
class Strike:
    """A fault at one write, and the write at which the repair is killed, too (None: it is left in peace), and how."""

    fault: Fault
    number: int
    again: int | None = None
    again_by: Fault = Fault.KILLED_AFTER

    @classmethod
    def seeded(cls, fault: Fault, number: int, *, story: str) -> Strike:
        """Return a strike whose second one comes by chance, always the same one at the same write."""
        if not fault.kills:
            return cls(fault, number)
        random = Random(f"{story} {fault.name} {number}")
        again_by = random.choice([one for one in Fault if one.kills])
        return cls(fault, number, random.randint(1, LATEST), again_by)


@dataclass(frozen=True, slots=True)
class Course:
    """How it went: how often each run ran the hook, and how the last one ended.

    `hit` and `again` say whether the first and the second fault happened, `kills` how many runs were killed by them,
    `lost` how many only heard no answer.
    """

    hit: bool
    again: bool
    kills: int
    lost: int
    hooks: tuple[int, ...]
    last: Ended


Act = Callable[[Rule], Awaitable[Ended]]


async def strike(stage: Stage, act: Act, one: Strike) -> Course:
    """Do something with a fault in it, and again until it is done."""
    rules = [at_write(one.number, one.fault.value)]
    if one.again is not None:
        rules.append(at_write(one.again, one.again_by.value))
    hits, kills, hooks = [], 0, []
    for rule in [*rules, untouched]:
        ended = await act(rule)
        hits.append(stage.proxy.struck is not None)
        hooks.append(stage.hook_runs())
        if ended.code != -SIGKILL:
            break
        kills += 1
    return Course(hits[0], any(hits[1:]), kills, sum(hits) - kills, tuple(hooks), ended)


def deployed(stage: Stage, version: str, before: Found, course: Course, after: Found) -> None:
    """Assert that a version is there, once, with one record of its success and the killed runs as interrupted."""
    assert course.last.code == 0, (course, after)
    assert after.objects == {"always": {"version": version}, f"only-{version}": {}}, (course, after)
    assert after.owned, (course, after)
    assert after.settled, (course, after)
    assert after.claims == frozenset(), (course, after)
    last = max(before.outcomes, default=0)
    new = sorted(number for number in after.outcomes if number > last)
    assert [after.outcomes[number] for number in new[-1:]] == ["succeeded"], (course, before, after)
    # A run may die when its record is written and nothing but the lock is left; what it did is done all the same.
    undone = [number for number in new[:-1] if number not in after.records and number not in after.helm]
    assert {after.outcomes[number] for number in new[:-1]} <= {"interrupted", "succeeded"}, (course, before, after)
    assert {after.outcomes[number] for number in undone} <= {"interrupted"}, (course, before, after)
    assert len(new) <= course.kills + 1, (course, before, after)
    if stage.is_chart:
        _told_to_helm(course, after)
        _ran_hooks(course, after, last)
    else:
        assert max(after.outcomes) in after.records, (course, after)
        assert after.records <= set(after.outcomes), (course, after)


def deleted(course: Course, after: Found) -> None:
    """Assert that nothing of the release is left; a run that finds nothing any more says so."""
    assert course.last.code == 0 or [one["code"] for one in course.last.document["errors"]] == ["unknownRelease"], (
        course
    )
    assert (after.objects, after.outcomes, after.helm, after.records) == ({}, {}, {}, frozenset()), (course, after)


def _told_to_helm(course: Course, after: Found) -> None:
    numbers = sorted(after.helm)
    assert after.helm[numbers[-1]] == "deployed", (course, after)
    assert numbers[-1] == max(after.outcomes), (course, after)
    assert {after.helm[number] for number in numbers[:-1]} <= {"superseded", "failed"}, (course, after)


def _ran_hooks(course: Course, after: Found, last: int) -> None:
    """A revision runs its hook at most once, as with Helm, and the one that is deployed did.

    A hook whose reply was lost is sent again, which makes nothing anew.
    """
    begun = [number for number in after.helm if number > last]
    assert 1 <= sum(course.hooks) <= len(begun) + course.lost, (course, after)
