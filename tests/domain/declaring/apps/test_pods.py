from __future__ import annotations

import pytest

from fairlead.domain.declaring.apps.pod_keys import POD_SPEC
from fairlead.domain.declaring.apps.pods import read_pod
from fairlead.domain.declaring.findings import Findings
from fairlead.domain.declaring.found import FoundRecord
from fairlead.domain.declaring.reading import Reader
from fairlead.domain.manifests import JsonObject
from fairlead.doors.yaml import read_document


def pod(text: str) -> tuple[JsonObject | None, list[tuple[str, int | None]]]:
    """Return the pod of a YAML text, and code and line of each problem."""
    findings = Findings()
    root = read_document(text.encode(), "app.yaml").root
    assert root is not None
    found = Reader("app.yaml", findings).read(root, POD_SPEC)
    read = read_pod(found, findings) if isinstance(found, FoundRecord) else None
    return read, [(problem.code, problem.line) for problem in findings.problems]


def test_values_are_read_as_kubectl_does() -> None:
    read, problems = pod("containers: [{name: a, image: 'a:1', args: [on, 010, '1']}]\nhostname:\n")
    assert problems == []
    assert read == {
        "restartPolicy": "Always",
        "dnsPolicy": "ClusterFirst",
        "containers": [{"imagePullPolicy": "Always", "name": "a", "image": "a:1", "args": [True, 8, "1"]}],
    }


def test_what_a_pod_says_itself_stays() -> None:
    read, _ = pod(
        "restartPolicy: Never\ndnsPolicy: Default\n"
        "containers: [{name: a, image: b, imagePullPolicy: Never, ports: [{containerPort: 1, protocol: UDP}]}]\n"
        "initContainers: [{name: c, image: d}]\n"
    )
    assert read is not None
    assert (read["restartPolicy"], read["dnsPolicy"]) == ("Never", "Default")
    assert read["containers"][0]["imagePullPolicy"] == "Never"
    assert read["containers"][0]["ports"] == [{"protocol": "UDP", "containerPort": 1}]
    assert read["initContainers"] == [{"imagePullPolicy": "Always", "name": "c", "image": "d"}]


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("containers: [{name: a, image: b}]\nx: !!int foo\n", [("invalidScalar", 2)]),
        ("containers: [{name: a, image: b}]\nx: {0x1: a, 1: b}\n", [("duplicateKey", 2)]),
        ("containers: [{name: a, image: 1.5}]\n", [("wrongType", 1)]),
        ("containers: [x]\n", [("noContainers", 1), ("wrongType", 1)]),
    ],
    ids=range(4),
)
def test_what_is_no_pod(text: str, problems: list[tuple[str, int | None]]) -> None:
    read, found = pod(text)
    assert read is None
    assert sorted(found) == problems
