from __future__ import annotations

import gzip
import tarfile  # noqa: TID251 - to make what the door must read

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.doors.archives import ArchiveRefused, Limits, read_tar, tar_front, write_tar
from tests.fakes.tars import entry, tar

NAMES = st.from_regex(r"[a-z][a-zA-Z0-9 _.é-]{0,40}(/[a-z][a-z0-9]{0,60}){0,4}", fullmatch=True)


def trees() -> st.SearchStrategy[dict[str, bytes]]:
    """Trees of files in which no file is also a folder, and no two names differ only in case."""
    flat = st.dictionaries(
        NAMES.map(lambda name: name.replace("/", "-").casefold()), st.binary(max_size=2000), max_size=8
    )
    return flat.map(
        lambda files: {f"{index % 3}/{name}": content for index, (name, content) in enumerate(files.items())}
    )


@given(trees())
def test_what_is_written_is_read_again(files: dict[str, bytes]) -> None:
    assert read_tar(write_tar(files), name="a") == files


@given(trees())
def test_the_same_files_give_the_same_bytes(files: dict[str, bytes]) -> None:
    assert write_tar(dict(reversed(files.items()))) == write_tar(files)


@given(trees())
def test_a_file_can_be_put_in_front_of_an_archive(files: dict[str, bytes]) -> None:
    path = "first/" * 20 + "a"
    assert read_tar(tar_front(path, b"text") + write_tar(files), name="a") == {path: b"text", **files}


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
@pytest.mark.parametrize("packed", [True, False])
def test_the_usual_forms_are_read(form: int, packed: bool) -> None:
    long = "folder-" + "f" * 90 + "/" + "n" * 90 + ".txt"
    entries = [
        entry("./top/", kind=tarfile.DIRTYPE),
        entry("./top/é.txt", b"1"),
        entry(long, b"2" * 1025),
        entry("top/e", b""),
    ]
    expected = {"top/é.txt": b"1", long: b"2" * 1025, "top/e": b""}
    assert read_tar(tar(entries, form=form, packed=packed), name="a") == expected


def test_names_beyond_what_headers_hold_are_read() -> None:
    long = "/".join(["part" * 20] * 6)
    for form in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT):
        assert read_tar(tar([entry(long)], form=form), name="a") == {long: b"x"}


def test_comments_in_global_headers_are_passed_over() -> None:
    info, content = entry("a")
    made = tar([(info, content)], packed=False)
    header = tarfile.TarInfo.create_pax_global_header({"comment": "made by git archive"})
    assert read_tar(header + made, name="a") == {"a": b"x"}


def test_several_gzip_members_are_one_archive() -> None:
    plain = tar([entry("a", b"1" * 2000)], packed=False)
    assert read_tar(gzip.compress(plain[:700]) + gzip.compress(plain[700:]) + b"\0" * 20, name="a") == {
        "a": b"1" * 2000
    }


def test_the_empty_blocks_at_the_end_may_be_missing() -> None:
    plain = tar([entry("a", b"1")], packed=False)
    assert read_tar(plain[:1024], name="a") == {"a": b"1"}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not an archive",
        b"\x1f\x8b",
        b"\x1f\x8bgarbage that is no gzip",
        gzip.compress(b"not a tar" * 100, mtime=0),
        tar([entry("a", b"1" * 600)])[:-40],
        tar([entry("a", b"1" * 600)], packed=False)[:700],
        b"\x01" * 512,
    ],
    ids=range(8),  # a gzip holds its time: every process would call the test by another name
)
def test_broken_archives_are_refused(data: bytes) -> None:
    with pytest.raises(ArchiveRefused) as caught:
        read_tar(data, name="broken")
    assert caught.value.code == "archiveRefused"


@given(st.binary(max_size=2048))
def test_any_bytes_are_read_or_refused(noise: bytes) -> None:
    plain = bytearray(tar([entry("a/b", b"content"), entry("a/c" + "d" * 120, b"more")], packed=False))
    for index, byte in enumerate(noise[:600]):
        plain[(index * 7) % len(plain)] ^= byte
    for data in (noise, bytes(plain)):
        try:
            read_tar(data, name="noise")
        except ArchiveRefused:
            continue


def test_limits_hold_for_plain_archives_too() -> None:
    made = tar([entry(f"f{index}", b"1" * 1000) for index in range(20)], packed=False)
    for limits in (Limits(total=5000), Limits(file=999), Limits(entries=19)):
        with pytest.raises(ArchiveRefused):
            read_tar(made, name="a", limits=limits)
    assert len(read_tar(made, name="a", limits=Limits(entries=20, file=1000))) == 20
