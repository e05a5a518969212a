"""Whatever people and registries write, the answer is a value or the one error that says what is wrong."""

from __future__ import annotations

import contextlib

from hypothesis import example, given
from hypothesis import strategies as st

from fairlead.domain.errors import InputError
from fairlead.domain.moments import parse_moment
from fairlead.domain.upgrades.announcing import announced_chart, announced_image
from fairlead.domain.upgrades.contest import open_contest
from fairlead.domain.upgrades.patterns import BadPattern, parse_pattern
from fairlead.domain.upgrades.ranges import BadRange, parse_range
from fairlead.domain.upgrades.versions import parse_version
from fairlead.domain.upgrades.wishes import BadWish, Wish, make_policy

ANY = st.text(max_size=40) | st.text("0123456789.-+xv^~<>=| *()[]$?{}", max_size=40)


@given(ANY)
@example("\udcff")
def test_texts(text: str) -> None:
    parse_version(text)
    parse_moment(text)
    with contextlib.suppress(BadRange):
        parse_range(text)
    for read in (announced_chart, announced_image):
        with contextlib.suppress(InputError):
            read(text)


@given(pattern=ANY, extract=st.none() | ANY, tag=ANY)
@example("\udcff", None, "a")
@example("a.", "$0", "a\udcff")
def test_patterns(pattern: str, extract: str | None, tag: str) -> None:
    with contextlib.suppress(BadPattern):
        parse_pattern(pattern, extract).matched(tag)


@given(
    track=st.sampled_from([None, "PatchLevel", "MinorVersion", "MajorVersion", "Newest"]),
    texts=st.tuples(*[st.none() | ANY] * 3),
    order=st.sampled_from([None, "numerical", "alphabetical"]),
    tags=st.lists(ANY),
)
def test_every_tag_is_weighed(
    track: str | None, texts: tuple[str | None, str | None, str | None], order: str | None, tags: list[str]
) -> None:
    with contextlib.suppress(BadWish):
        policy = make_policy(Wish(track, *texts, order))
        contest = open_contest(policy, "1.0", tags)
        assert hasattr(contest, "code") or len(contest.ranked) + len(contest.rejected) == len(set(tags))
