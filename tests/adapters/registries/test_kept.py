from __future__ import annotations

from pathlib import Path

import pytest

from fairlead.adapters.registries.kept import Kept, conditional
from fairlead.doors.dial import Response
from fairlead.doors.fetch import Fetch


def test_what_is_kept_is_found_again(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "a" / "b")
    kept.save("answer", "url", head={"etag": "x"}, body=b"two\nlines\n")
    assert kept.load("answer", "url") == ({"etag": "x"}, b"two\nlines\n")
    assert kept.load("answer", "other") is None
    assert (tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    "damage", [b"", b"\n", b"no json\nbody", b"[]\nbody", b'{"what": ["answer", "url"]}\nbody', b"[" * 100_000]
)
def test_what_is_damaged_counts_as_absent(damage: bytes, tmp_path: Path) -> None:
    kept = Kept(tmp_path)
    kept.save("answer", "url", head={}, body=b"body")
    next(tmp_path.iterdir()).write_bytes(damage)
    assert kept.load("answer", "url") is None


def test_what_is_cut_off_counts_as_absent(tmp_path: Path) -> None:
    kept = Kept(tmp_path)
    kept.save("answer", "url", head={}, body=b"body")
    file = next(tmp_path.iterdir())
    file.write_bytes(file.read_bytes()[:-1])
    assert kept.load("answer", "url") is None


def test_a_folder_that_cannot_be_written_keeps_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    kept = Kept(tmp_path / "file" / "below")
    kept.save("answer", "url", head={})
    assert kept.load("answer", "url") is None


def test_without_a_folder_nothing_is_kept() -> None:
    Kept().save("answer", "url", head={})
    assert Kept().load("answer", "url") is None


@pytest.mark.parametrize(
    ("validator", "asked"),
    [
        ({"etag": 'W/"1"'}, {"If-None-Match": 'W/"1"'}),
        (
            {"last-modified": "Sat, 21 Nov 2026 12:00:00 GMT"},
            {"If-Modified-Since": "Sat, 21 Nov 2026 12:00:00 GMT"},
        ),
    ],
)
async def test_an_answer_with_a_validator_is_asked_for_only_if_it_is_newer(
    validator: dict[str, str], asked: dict[str, str], tmp_path: Path
) -> None:
    sent: list[Fetch] = []
    answers = [Response(200, {**validator, "link": "</x>"}, b"one"), Response(304, {}, b""), Response(200, {}, b"two")]

    async def send(fetch: Fetch) -> Response:
        sent.append(fetch)
        return answers[len(sent) - 1]

    fetch = Fetch("https://reg.test/x", {"Accept": "a"})
    kept = Kept(tmp_path)
    found = [await conditional(fetch, send, kept) for _ in range(3)]
    assert [one.body for one in found] == [b"one", b"one", b"two"]
    assert found[1].headers["link"] == "</x>"
    assert [one.headers for one in sent] == [{"Accept": "a"}, {"Accept": "a", **asked}, {"Accept": "a", **asked}]


async def test_an_answer_without_a_validator_is_not_kept(tmp_path: Path) -> None:
    async def send(fetch: Fetch) -> Response:
        return Response(200, {}, b"one")

    await conditional(Fetch("https://reg.test/x"), send, Kept(tmp_path))
    assert Kept(tmp_path).load("answer", "https://reg.test/x") is None
