"""Files of descriptors as people write them by mistake: each is refused with its line, its path, and a way out."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairlead.cli.descriptor_files import read_file
from fairlead.domain.errors import InputError
from tests.cli.shops import Shop
from tests.conftest import Golden

GOOD = """\
appName: hello
newVersion: 1.10
replicas: 2
podspec:
  containers:
    - name: web
      image: registry.sandbox/app:1.0
      ports: [{containerPort: 8080}]
"""
KEY = "  containers:\n"
WRONG = {
    "type": GOOD.replace("replicas: 2", "replicas: two"),
    "near": GOOD.replace("replicas: 2", "replica: 2"),
    "case": GOOD.replace("podspec", "podSpec"),
    "image": GOOD.replace("      image: registry.sandbox/app:1.0\n", ""),
    "imageName": GOOD.replace("registry.sandbox/app:1.0", '"app 1.0"'),
    "port": GOOD.replace("8080", "99999"),
    "name": GOOD.replace("appName: hello", "appName: 1hello"),
    "noName": GOOD.replace("appName: hello\n", ""),
    "noPods": GOOD[: GOOD.index("podspec")],
    "comment": GOOD.replace("1.10", "#"),
    "duration": f"{GOOD}drainTimeout: 5 minutes\n",
    "promotion": f"{GOOD}autoPromoteAfter: nevr\n",
    "flag": f"{GOOD}useHealthCheck: yes please\n",
    "twice": f"{GOOD}replicas: 3\n",
    "two": f"{GOOD}---\n{GOOD}",
    "tab": GOOD.replace("    - name", "\t- name"),
    "empty": "",
    "nothing": "# to be written\n---\n",
    "list": "- a\n",
    "text": "hello",
    "manifest": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\n",
    "releases": "releases:\n  - name: hello\n",
    "json": '{"appName": "hello",\n "replicas": "two"\n',
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_is_named_with_its_place_and_a_way_out(tmp_path: Path, wrong: str) -> None:
    (tmp_path / "hello.yaml").write_text(WRONG[wrong])
    with pytest.raises(InputError) as refused:
        read_file(tmp_path, Path("hello.yaml")).descriptor()
    for problem in refused.value.problems:
        assert (problem.file, bool(problem.message)) == ("hello.yaml", True)
        assert problem.line or wrong in ("empty", "nothing")
        assert problem.remedy or wrong == "json"


def test_mistakes_as_people_read_them(shop: Shop, golden: Golden) -> None:
    said = []
    for wrong, text in WRONG.items():
        (shop.root / f"{wrong}.yaml").write_text(text)
        found = shop.run("deploy", f"{wrong}.yaml", "-e", "test")
        assert (found.code, found.stdout) == (2, "")
        said.append(found.stderr)
    assert shop.cluster.calls == []
    golden("cli/wrong-descriptors.txt", "\n".join(said))


def test_a_version_keeps_its_zero(tmp_path: Path) -> None:
    (tmp_path / "hello.yaml").write_text(GOOD)
    assert read_file(tmp_path, Path("hello.yaml")).descriptor().version == "1-10"


def test_json_may_hold_what_yaml_spells_in_another_way(tmp_path: Path) -> None:
    pods = '{"containers": [{"name": "web", "image": "app:1", "args": ["\\ud83d\\ude00"]}]}'
    (tmp_path / "hello.json").write_text(f'{{"appName": "hello",\t"host": null, "newVersion": "#", "podspec": {pods}}}')
    written = read_file(tmp_path, Path("hello.json"))
    (container,) = written.descriptor().main.pod_spec["containers"]
    assert (container["args"], written.namespace) == (["\U0001f600"], None)


def test_what_counts_as_something_else_is_said(tmp_path: Path) -> None:
    text = GOOD.replace("appName: hello", "appName: Hello_World\nnamespace: shop").replace(
        "replicas: 2", "replicas: -1"
    )
    (tmp_path / "hello.yaml").write_text(text)
    written = read_file(tmp_path, Path("hello.yaml"))
    warnings = [(one.code, one.path, one.line) for one in written.descriptor().warnings]
    assert warnings == [("invalidName", "appName", 1), ("invalidValue", "replicas", 4)]
    assert written.namespace == "shop"
