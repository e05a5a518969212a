"""What a journal takes."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from fairlead.domain.keeping.journals import LOG, LOG_CUT, Entry, Journal

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
_ENTRIES = st.lists(
    st.builds(
        Entry,
        st.just(NOON),
        st.sampled_from([LOG, "stateEntered"]),
        st.fixed_dictionaries({"text": st.text(max_size=40)}),
    ),
    max_size=40,
)


@given(_ENTRIES, st.integers(200, 2000), st.integers(0, 40))
def test_a_journal_is_bounded_and_numbered_without_a_gap(entries: list[Entry], room: int, split: int) -> None:
    journal, first = Journal().admit(entries[:split], room)
    journal, second = journal.admit(entries[split:], room)

    kept = first + second
    assert [entry.sequence for entry in kept] == list(range(1, len(kept) + 1))
    assert journal.last == len(kept)
    assert journal.size == sum(entry.size for entry in kept)
    assert journal.size <= 2 * room + 200
    assert sum(entry.kind == LOG_CUT for entry in kept) == journal.is_cut


@given(_ENTRIES, st.integers(0, 40))
def test_it_does_not_matter_how_entries_come(entries: list[Entry], split: int) -> None:
    at_once = Journal().admit(entries, 500)
    journal, first = Journal().admit(entries[:split], 500)
    in_parts = journal.admit(entries[split:], 500)

    assert (in_parts[0], first + in_parts[1]) == at_once


def test_no_line_follows_the_cut() -> None:
    lines = [Entry(NOON, LOG, {"text": text}) for text in ("x" * 300, "short")]

    _, kept = Journal().admit(lines, 200)

    assert [entry.kind for entry in kept] == [LOG_CUT]


def test_events_are_bounded_too() -> None:
    journal, kept = Journal().admit([Entry(NOON, "stateEntered", {"text": "x" * 150})] * 10, 300)

    assert len(kept) == 2
    assert journal.size <= 600
