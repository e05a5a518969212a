from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from fairlead.domain.helm_chart import chart_json
from fairlead.doors.yaml import read_values

CHART = b"""\
apiVersion: v2
name: web
version: 1.0.0
appVersion: 1.10
kubeVersion: ">=1.20.0"
type: application
home: https://example.com
keywords: [a, 1]
sources: [https://example.com/src]
maintainers: [{name: me, email: me@example.com, age: 3}]
annotations: {on: true, ports: 80, share: 2.0}
deprecated: true
unknown: x
dependencies:
  - {name: db, version: 2.0.0, repository: "file://../db", tags: [back], import-values: [data], alias: store}
"""


def _read(content: bytes, name: str) -> Mapping[str, Any]:
    return read_values(content, name)


def _b64(text: bytes) -> str:
    return base64.b64encode(text).decode()


def test_metadata_as_helm_reads_it() -> None:
    assert chart_json({"Chart.yaml": CHART}, _read)["metadata"] == {
        "apiVersion": "v2",
        "name": "web",
        "version": "1.0.0",
        "appVersion": "1.1",
        "kubeVersion": ">=1.20.0",
        "type": "application",
        "home": "https://example.com",
        "keywords": ["a", "1"],
        "sources": ["https://example.com/src"],
        "maintainers": [{"name": "me", "email": "me@example.com"}],
        "annotations": {"true": "true", "ports": "80", "share": "2"},
        "deprecated": True,
        "dependencies": [
            {
                "name": "db",
                "version": "2.0.0",
                "repository": "file://../db",
                "tags": ["back"],
                "import-values": ["data"],
                "alias": "store",
            }
        ],
    }


def test_files_go_where_helm_puts_them() -> None:
    files = {
        "Chart.yaml": b"name: web\nversion: 2.0\n",
        "values.yaml": b"a: {b: null}\n",
        "values.schema.json": b"{}",
        "templates/b.yaml": b"b",
        "templates/NOTES.txt": b"notes",
        "charts/db/Chart.yaml": b"name: db\n",
        "crds/c.yaml": b"crd",
        "README.md": b"\xff",
        "Chart.lock": b"digest: sha256:0\ngenerated: '2026-01-01T00:00:00.5Z'\n"
        b"dependencies: [{name: db, version: 1}]\n",
    }
    found = chart_json(files, _read)
    assert found["metadata"] == {"name": "web", "version": "2"}
    assert found["values"] == {"a": {"b": None}}
    assert found["schema"] == _b64(b"{}")
    assert found["templates"] == [
        {"name": "templates/NOTES.txt", "data": _b64(b"notes")},
        {"name": "templates/b.yaml", "data": _b64(b"b")},
    ]
    assert found["files"] == [
        {"name": "README.md", "data": _b64(b"\xff")},
        {"name": "crds/c.yaml", "data": _b64(b"crd")},
    ]
    assert found["lock"] == {
        "digest": "sha256:0",
        "generated": "2026-01-01T00:00:00.5Z",
        "dependencies": [{"name": "db", "version": "1", "repository": ""}],
    }


def test_a_time_that_helm_could_not_read_is_left_out() -> None:
    files = {"Chart.yaml": b"name: web\n", "Chart.lock": b"digest: x\ngenerated: yesterday\n"}
    assert chart_json(files, _read)["lock"] == {"digest": "x", "dependencies": []}


def test_a_chart_of_helm_2_keeps_its_dependencies_apart() -> None:
    files = {
        "Chart.yaml": b"name: web\n",
        "requirements.yaml": b"dependencies: [{name: db, condition: db.on}]\n",
        "requirements.lock": b"digest: x\n",
        "values.yaml": b"\n",
    }
    found = chart_json(files, _read)
    assert found["metadata"]["dependencies"] == [{"name": "db", "condition": "db.on", "repository": ""}]
    assert (found["lock"], found["values"]) == ({"digest": "x", "dependencies": []}, {})
    assert [file["name"] for file in found["files"]] == ["requirements.lock", "requirements.yaml"]
    newer = chart_json({**files, "Chart.yaml": b"name: web\napiVersion: v2\n"}, _read)
    assert newer["files"] == []
