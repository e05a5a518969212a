"""S9 and S20: no tag builds an object, no small text grows large, no deep text overflows."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from fairlead.domain.errors import InputError
from fairlead.doors.yaml import read_document, read_manifests, read_values
from tests.fakes.repository import CLUSTERS, problems_of

READERS: dict[str, Callable[[bytes, str], object]] = {
    "declared": read_document,
    "values": read_values,
    "manifests": read_manifests,
}
TAGS = [
    "!!python/object/apply:os.system ['touch {canary}']",
    "!!python/object/new:os.system ['touch {canary}']",
    "!!python/name:os.system",
    "!!python/module:os",
    "!!python/object/apply:subprocess.Popen [['touch', '{canary}']]",
    "!<tag:yaml.org,2002:python/object/apply:os.system> ['touch {canary}']",
    "!!javax.script.ScriptEngineManager [x]",
    "!Ref x",
    "!!omap [a: b]",
]


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("tag", TAGS)
def test_s9_tags_are_refused_at_every_reader(tmp_path: Path, reader: str, tag: str) -> None:
    canary = tmp_path / "canary"
    with pytest.raises(InputError) as caught:
        READERS[reader](f"a: {tag.format(canary=canary)}\n".encode(), "f.yaml")
    assert (caught.value.code, caught.value.problems[0].line) == ("customTag", 1)
    assert not canary.exists()


@pytest.mark.parametrize("tag", TAGS)
def test_s9_tags_are_refused_in_a_repository(tmp_path: Path, tag: str) -> None:
    repository = tmp_path / "repository"
    repository.mkdir()
    canary = tmp_path / "canary"
    files = {
        "environments.yaml": CLUSTERS
        + "environments: [{name: e, clusterName: local, kubeNamespace: n, releasesFiles: [a.yaml]}]\n",
        "a.yaml": f"releases: {tag.format(canary=canary)}\n",
    }
    problems = problems_of(repository, files)
    assert [(problem.code, problem.file) for problem in problems] == [("customTag", "a.yaml")]
    assert not canary.exists()


def test_s9_the_yaml_library_is_reached_through_the_door_only() -> None:
    source = Path(__file__).parents[2] / "src" / "fairlead"
    doors = {"yaml.py", "yaml_composing.py", "yaml_spans.py"}
    users = {
        path.name
        for path in source.rglob("*.py")
        if any(line.split()[:2] in (["import", "yaml"], ["from", "yaml"]) for line in path.read_text().splitlines())
    }
    assert users == doors


def lists_of_aliases(width: int, depth: int) -> bytes:
    lines = ["a0: &a0 [" + ",".join(["x"] * width) + "]"]
    lines += [f"a{n}: &a{n} [" + ",".join([f"*a{n - 1}"] * width) + "]" for n in range(1, depth)]
    return "\n".join(lines).encode()


BOMBS = {
    "billion laughs": (lists_of_aliases(9, 9), "yamlTooLarge"),
    "long chain of doubling": (lists_of_aliases(2, 60), "yamlTooLarge"),
    "merge keys": (
        b"a0: &a0 {k: x}\n" + b"\n".join(b"a%d: &a%d {x: *a%d, y: *a%d}" % (n, n, n - 1, n - 1) for n in range(1, 60)),
        "yamlTooLarge",
    ),
    "anchor in itself": (b"a: &a [*a]", "aliasLoop"),
    "anchor in itself, by a mapping": (b"a: &a {b: {c: *a}}", "aliasLoop"),
    "open brackets": (b"[" * 100_000, "yamlTooLarge"),
    "open braces": (b"{a: " * 100_000, "yamlTooLarge"),
    "nested dashes": (b"- " * 100_000, "yamlTooLarge"),
    "50 MB": (b"a: " + b"x" * 50_000_000, "yamlTooLarge"),
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("bomb", BOMBS)
def test_s20_bombs_are_refused_soon_and_without_much_memory(reader: str, bomb: str) -> None:
    text, code = BOMBS[bomb]
    tracemalloc.start()
    started = time.process_time()
    try:
        with pytest.raises(InputError) as caught:
            READERS[reader](text, "f.yaml")
        seconds = time.process_time() - started
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert caught.value.code == code
    assert seconds < 30.0  # what a bomb makes of itself takes hours
    assert peak < 64 << 20
    assert READERS[reader](b"a: 1", "f.yaml")


def test_s20_a_hundred_thousand_documents_are_refused() -> None:
    with pytest.raises(InputError) as caught:
        read_manifests(b"---\na: 1\n" * 100_000, "f.yaml")
    assert caught.value.code == "yamlTooLarge"


def test_s20_what_is_large_but_honest_is_read() -> None:
    text = b"---\nkind: ConfigMap\ndata: {a: b}\n" * 9_000
    assert len(read_manifests(text, "f.yaml")) == 9_000
    assert read_values(b"base: &b {x: 1}\n" + b"".join(b"k%d: *b\n" % n for n in range(1000)), "f.yaml")["k999"] == {
        "x": 1
    }
