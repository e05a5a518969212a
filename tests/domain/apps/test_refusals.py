from __future__ import annotations

import pytest

from fairlead.domain.apps.refusals import in_descriptor
from fairlead.domain.errors import Problem
from tests.fakes.descriptors import described, pod

DESCRIPTOR = described(components=[{"name": "api", "podspec": pod()}, {"name": "jobs", "podspec": pod()}])


@pytest.mark.parametrize(
    ("workload", "message", "path", "said"),
    [
        (
            "web",
            "web-7 is invalid: spec.template.spec.containers[0].ports[0].name: Invalid value",
            "podspec.containers[0].ports[0].name",
            "web-7 is invalid: podspec.containers[0].ports[0].name: Invalid value",
        ),
        (
            "web-jobs",
            'no: .spec.template.spec.containers[name="web"].imagePullPolcy: field not declared in schema',
            'components[1].podspec.containers[name="web"].imagePullPolcy',
            'no: components[1].podspec.containers[name="web"].imagePullPolcy: field not declared in schema',
        ),
        ("web", "spec.template.spec: too much", "podspec", "podspec: too much"),
        ("web", "spec.replicas: Invalid value: -1", None, "spec.replicas: Invalid value: -1"),
        ("web", "exceeded quota", None, "exceeded quota"),
    ],
    ids=range(5),
)
def test_a_refusal_is_said_of_the_descriptor(workload: str, message: str, path: str | None, said: str) -> None:
    manifest = {"metadata": {"labels": {"app": workload}}}
    found = in_descriptor(Problem("objectInvalid", message, remedy="x"), DESCRIPTOR, manifest)
    assert (found.code, found.path, found.message, found.remedy) == ("objectInvalid", path, said, "x")
