from __future__ import annotations

import pytest

from fairlead.adapters.helm.failures import SCHEMA_INTRO, FailureKind, failure
from fairlead.domain.errors import InputError, OperationFailed

CHART = "shop 1.0.0"

INCLUDED = (
    'shop/templates/a.yaml:9:3\n  executing "a" at <include "x" .>:\n    error calling include\n'
    'shop/templates/_x.tpl:4:7\n  executing "x" at <.y.z>:\n    nil pointer'
)
CHAINED = (
    'template: shop/templates/a.yaml:1:4: executing "a" at <include "x" .>: error calling include: '
    'template: shop/templates/_x.tpl:2:5: executing "x" at <fail>: error calling y: too deep'
)
FRAME = 'shop/templates/a.yaml:1:13\n  executing "a" at <.a.b>:\n    nil pointer'

RENDERING = [
    ("execution error at (shop/templates/a.yaml:2:6): no: way", "shop/templates/a.yaml", 2, 6, "no: way"),
    ("execution error at (shop/templates/a.yaml:2:6): two\nlines", "shop/templates/a.yaml", 2, 6, "two\nlines"),
    ("parse error at (shop/templates/a.yaml:7): missing value", "shop/templates/a.yaml", 7, None, "missing value"),
    ("parse error in (shop/templates/a.yaml): odd", "shop/templates/a.yaml", None, None, "odd"),
    (FRAME, "shop/templates/a.yaml", 1, 13, 'executing "a" at <.a.b>: nil pointer'),
    (INCLUDED, "shop/templates/_x.tpl", 4, 7, 'executing "x" at <.y.z>: nil pointer'),
    (CHAINED, "shop/templates/_x.tpl", 2, 5, "too deep"),
    ("YAML parse error on shop/templates/a.yaml: bad: worse", "shop/templates/a.yaml", None, None, "bad: worse"),
    ("something else entirely", None, None, None, "something else entirely"),
    ("", None, None, None, ""),
]


@pytest.mark.parametrize(("message", "file", "line", "column", "reason"), RENDERING)
def test_the_place_and_the_reason_are_found(
    message: str, file: str | None, line: int | None, column: int | None, reason: str
) -> None:
    error = failure(FailureKind.RENDER, message, chart=CHART)
    problem = error.problems[0]
    assert isinstance(error, OperationFailed)
    assert (problem.code, problem.file, problem.line, problem.column) == ("chartRenderFailed", file, line, column)
    assert problem.message.endswith(reason)


def test_violations_of_schemas_become_one_problem_each() -> None:
    message = (
        f"{SCHEMA_INTRO} in the following chart(s):\nshop:\n- at '/a/0/b.c': got string, want integer\n"
        "- at '': additional properties 'zz' not allowed\n- at '/x~1y/m~0n': no\ninner:\n- at '/size': too big\n"
        "failing loading something\n\n"
    )
    error = failure(FailureKind.VALUES, message, chart=CHART)
    assert isinstance(error, InputError)
    assert {problem.code for problem in error.problems} == {"valuesSchema"}
    assert [problem.path for problem in error.problems] == [
        r"a[0].b\.c",
        None,
        "x/y.m~n",
        "inner.size",
        None,
    ]


@pytest.mark.parametrize(
    ("kind", "error", "code"),
    [
        (FailureKind.CHART, InputError, "chartInvalid"),
        (FailureKind.VALUES, InputError, "valuesInvalid"),
        (FailureKind.CLUSTER, OperationFailed, "clusterUnreachable"),
        (FailureKind.KUBE_VERSION, OperationFailed, "kubeVersionUnsupported"),
        (FailureKind.LIMIT, OperationFailed, "renderLimit"),
    ],
)
def test_every_kind_of_refusal_has_its_code(kind: FailureKind, error: type[Exception], code: str) -> None:
    made = failure(kind, "words", chart=CHART)
    assert isinstance(made, error)
    assert made.code == code
