from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.domain.upgrades.candidates import Candidate, Decision, Objection, Undecidable
from fairlead.domain.upgrades.contest import Contest, open_contest
from fairlead.domain.upgrades.deciding import Times, decide
from fairlead.domain.upgrades.policy import Policy, Track
from fairlead.domain.upgrades.versions import parse_version
from tests.domain.upgrades.cases import MORE, NOW, SECTIONS, Case, run

CASES = [*(case for cases in SECTIONS.values() for case in cases), *MORE]


@pytest.mark.parametrize("case", CASES, ids=[f"{index}-{case.current}" for index, case in enumerate(CASES)])
def test_cases(case: Case) -> None:
    decision = run(case)
    if isinstance(decision, Undecidable):
        assert decision.code == case.code
        return
    assert case.code is None
    assert (decision.choice.tag if decision.choice else None) == case.chosen
    objections = {each.tag: each.objection.value for each in decision.rejected}
    assert case.rejected.items() <= objections.items()
    # Every candidate is either taken or has its reason.
    offered = {word.partition("@")[0] for word in case.offered.split()}
    assert offered == objections.keys() | ({case.chosen} if case.chosen else set())


def opened(policy: Policy, current: str, tags: list[str]) -> Contest:
    contest = open_contest(policy, current, tags)
    assert isinstance(contest, Contest)
    return contest


def test_what_cannot_be_had_gives_way_to_the_next_best() -> None:
    contest = opened(Policy(Track.MAJOR_VERSION), "1.0", ["1.1", "1.2", "1.3"])
    decision = decide(contest, Times({}, NOW, unavailable={"1.3": "no such platform"}))
    assert isinstance(decision, Decision)
    assert decision.choice == Candidate("1.2")
    assert [(each.tag, each.objection) for each in decision.rejected] == [
        ("1.1", Objection.SURPASSED),
        ("1.3", Objection.UNAVAILABLE),
    ]


def test_an_announcement_is_of_something_new() -> None:
    announced = datetime(2026, 1, 1, tzinfo=UTC)
    contest = opened(Policy(Track.NEWEST), "1.0", ["1.1"])
    assert isinstance(decide(contest, Times({"1.1": announced}, NOW)), Undecidable)
    decision = decide(contest, Times({"1.1": announced}, NOW, new_at_least=True))
    assert isinstance(decision, Decision)
    assert decision.choice == Candidate("1.1", announced)


NUMBERS = st.integers(0, 3)
VERSIONS = st.builds(
    "{}{}.{}.{}{}".format, st.sampled_from(["", "v"]), NUMBERS, NUMBERS, NUMBERS, st.sampled_from(["", "-rc.1", "+b"])
)


@given(
    track=st.sampled_from([Track.PATCH_LEVEL, Track.MINOR_VERSION, Track.MAJOR_VERSION]),
    current=VERSIONS,
    tags=st.lists(VERSIONS, max_size=12),
)
def test_no_order_of_the_list_ever_leads_down_or_elsewhere(track: Track, current: str, tags: list[str]) -> None:
    def chosen(offered: list[str]) -> str | None:
        decision = decide(opened(Policy(track), current, offered), Times({}, NOW))
        assert isinstance(decision, Decision)
        return decision.choice.tag if decision.choice else None

    choice = chosen(tags)
    assert chosen(tags[::-1]) == choice
    if choice is not None:
        new, old = parse_version(choice), parse_version(current)
        assert new is not None
        assert old is not None
        assert choice in tags
        assert new.precedence > old.precedence
        assert old.pre or not new.pre
