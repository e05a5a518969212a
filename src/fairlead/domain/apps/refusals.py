"""What an API server has against an object of an app, said of the descriptor that the object was made from."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from fairlead.domain.apps.descriptor import Descriptor
from fairlead.domain.apps.naming import APP_LABEL, workload_name
from fairlead.domain.errors import Problem
from fairlead.domain.manifests import JsonObject
from fairlead.domain.reading import text

# Validation names fields as `spec.template.spec.containers[0].image`, the schema as `.spec...containers[name="web"].x`.
_POD: Final = re.compile(r"\.?\bspec\.template\.spec\b(?P<inner>(?:\.[A-Za-z]\w*|\[[^\]\s]*\])*)")


def in_descriptor(problem: Problem, descriptor: Descriptor, manifest: JsonObject) -> Problem:
    """Return a refusal of an object with the path in the descriptor, where it is about a pod; else as it is."""
    found = _POD.search(problem.message)
    if found is None:
        return problem
    pod = _path(descriptor, text(manifest, "metadata", "labels", APP_LABEL))
    message = _POD.sub(lambda each: pod + each["inner"], problem.message)
    return replace(problem, message=message, path=pod + found["inner"])


def _path(descriptor: Descriptor, workload: str) -> str:
    """Return where the pod of a workload stands in a descriptor."""
    for number, component in enumerate(descriptor.components):
        if workload_name(descriptor.app, component.name) == workload:
            return f"components[{number}].podspec"
    return "podspec"
