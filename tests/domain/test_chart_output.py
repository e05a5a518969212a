from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.domain.chart_output import (
    INSTALL_ORDER,
    Document,
    as_manifest,
    part_hooks,
    sort_out,
    split_documents,
    template_documents,
)
from fairlead.domain.errors import OperationFailed
from fairlead.domain.manifests import Manifest


def manifest(kind: str, name: str = "a", **annotations: Any) -> Manifest:
    named = {f"helm.sh/{key.replace('_', '-')}": value for key, value in annotations.items()}
    metadata: dict[str, Any] = {"name": name} | ({"annotations": named} if named else {})
    return Manifest({"apiVersion": "v1", "kind": kind, "metadata": metadata}, "t.yaml")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" \n\t\n", []),
        ("a: 1\n", [(1, "a: 1\n")]),
        ("\n\n  a: 1\n", [(3, "a: 1\n")]),
        ("---\na: 1\n---\nb: 1\n", [(2, "a: 1\n"), (4, "b: 1\n")]),
        ("---\n---\n\n---   \nb: 1", [(5, "b: 1")]),
        ("---a: 1\n", [(1, "a: 1\n")]),
        ("a: 1\r\n---\r\nb: 2\r\n", [(1, "a: 1\r\n"), (3, "b: 2\r\n")]),
        ("a: '\n --- \n'\n", [(1, "a: '\n --- \n'\n")]),
        ("a: 1\n----\n", [(1, "a: 1\n"), (2, "-\n")]),
    ],
)
def test_documents_are_cut_where_helm_cuts_them(text: str, expected: list[tuple[int, str]]) -> None:
    assert [(one.line, one.text) for one in split_documents("t.yaml", text)] == expected


@given(st.lists(st.sampled_from(["a: 1", "---", "--- x", "---y", "", " ", "# c", "\tz"])))
def test_the_line_of_a_document_is_where_its_text_stands(lines: list[str]) -> None:
    for document in split_documents("t.yaml", "\n".join(lines)):
        stands = lines[document.line - 1].removeprefix("---")
        assert document.text.split("\n", 1)[0].strip() in stands.strip()
        assert document.text.strip()


def test_templates_come_by_path_without_partials_and_notes() -> None:
    outputs = {
        "c/templates/b.yaml": "b: 1",
        "c/charts/x/templates/a.yaml": "x: 1",
        "c/templates/_names.tpl": "never: 1",
        "c/templates/_folder/a.yaml": "seen: 1",
        "c/templates/NOTES.txt": "words",
        "c/charts/x/templates/NOTES.txt": "words",
        "c/templates/empty.yaml": "\n",
    }
    assert [one.source for one in template_documents(outputs)] == [
        "c/charts/x/templates/a.yaml",
        "c/templates/_folder/a.yaml",
        "c/templates/b.yaml",
    ]


def test_a_comment_is_no_object() -> None:
    assert as_manifest(None, Document("t.yaml", 1, "# words")) is None


@pytest.mark.parametrize(
    "value",
    [
        [],
        ["a"],
        "text",
        True,
        7,
        {},
        {"apiVersion": "v1"},
        {"kind": "Pod"},
        {"apiVersion": "", "kind": "Pod"},
        {"apiVersion": 1, "kind": "Pod"},
        {"apiVersion": "v1", "kind": "Pod", "metadata": "name"},
        {"apiVersion": "v1", "kind": "Pod", "metadata": ["name"]},
    ],
)
def test_what_is_no_kubernetes_object_is_refused_by_name_of_its_template(value: Any) -> None:
    with pytest.raises(OperationFailed) as caught:
        as_manifest(value, Document("c/templates/a.yaml", 1, ""))
    assert (caught.value.code, caught.value.problems[0].file) == ("chartRenderFailed", "c/templates/a.yaml")


def test_objects_are_ordered_by_kind_and_else_stay_as_they_are() -> None:
    given_order = [
        manifest("Zebra"),
        manifest("Deployment", "two"),
        manifest("Aardvark"),
        manifest("Deployment", "one"),
        manifest("Namespace"),
    ]
    plain, hooks = sort_out(given_order)
    assert [(one.ref.kind, one.ref.name) for one in plain] == [
        ("Namespace", "a"),
        ("Deployment", "two"),
        ("Deployment", "one"),
        ("Aardvark", "a"),
        ("Zebra", "a"),
    ]
    assert hooks == ()
    assert part_hooks(given_order)[0] == tuple(given_order)


def test_every_kind_has_one_place() -> None:
    assert len(set(INSTALL_ORDER)) == len(INSTALL_ORDER)


@pytest.mark.parametrize(
    ("annotation", "events"),
    [
        ("pre-install", ("pre-install",)),
        ("pre-install, POST-upgrade", ("pre-install", "post-upgrade")),
        ("test-success", ("test",)),
        ("test", ("test",)),
        ("crd-install", None),
        ("pre-install,crd-install", None),
        ("", None),
        (None, None),
        (True, None),
    ],
)
def test_the_words_of_a_hook(annotation: Any, events: tuple[str, ...] | None) -> None:
    plain, hooks = part_hooks([manifest("Job", hook=annotation)])
    assert plain == ()
    assert [hook.events for hook in hooks] == ([] if events is None else [events])


@pytest.mark.parametrize(
    ("weight", "expected"),
    [("5", 5), ("-5", -5), ("+5", 5), (7, 7), (1.5, 0), ("heavy", 0), (None, 0), (True, 0), (" 5", 0), ("", 0)],
)
def test_the_weight_of_a_hook(weight: Any, expected: int) -> None:
    _, hooks = part_hooks([manifest("Job", hook="test", hook_weight=weight)])
    assert hooks[0].weight == expected


def test_hooks_run_by_weight_then_name_then_kind() -> None:
    _, hooks = part_hooks(
        [
            manifest("Pod", "b", hook="test"),
            manifest("Job", "a", hook="test", hook_weight="1"),
            manifest("Job", "a", hook="test"),
            manifest("ConfigMap", "a", hook="test"),
            manifest("Job", "z", hook="test", hook_weight="-1"),
        ]
    )
    assert [(hook.manifest.ref.name, hook.manifest.ref.kind) for hook in hooks] == [
        ("z", "Job"),
        ("a", "ConfigMap"),
        ("a", "Job"),
        ("b", "Pod"),
        ("a", "Job"),
    ]


def test_hooks_are_deleted_before_they_are_made_again_unless_they_say_otherwise() -> None:
    _, hooks = part_hooks(
        [manifest("Job", "a", hook="test"), manifest("Job", "b", hook="test", hook_delete_policy="Hook-Failed, x")]
    )
    assert [hook.delete_policies for hook in hooks] == [("before-hook-creation",), ("hook-failed", "x")]


def test_annotations_that_are_no_mapping_make_no_hook() -> None:
    odd = Manifest({"apiVersion": "v1", "kind": "Job", "metadata": {"name": "a", "annotations": "text"}}, "t.yaml")
    assert part_hooks([odd, Manifest({"apiVersion": "v1", "kind": "Job"}, "t.yaml")])[1] == ()


def test_an_object_comes_with_its_template() -> None:
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": None}
    assert as_manifest(pod, Document("t.yaml", 9, "")) == Manifest(pod, "t.yaml")
