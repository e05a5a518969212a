"""A new value looks like its neighbours."""

from __future__ import annotations

import pytest

from fairlead.domain.editing.inserting import adding
from fairlead.domain.editing.replacing import edited
from fairlead.domain.editing.spans import MappingSpan, at_path
from fairlead.doors.yaml_spans import read_spans


def add(text: str, value: str = "1.10") -> str | None:
    release = at_path(read_spans(text), ("releases", 0))
    assert isinstance(release, MappingSpan)
    edit = adding(text, release, key="image.tag", value=value)
    return None if edit is None else edited(text, [edit])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "releases:\n  - name: web\n    values:\n      - key: a\n        value: 'x' # why\n\n  - name: api\n",
            (
                "releases:\n  - name: web\n    values:\n      - key: a\n        value: 'x' # why\n"
                "      - key: image.tag\n        value: '1.10'\n\n  - name: api\n"
            ),
        ),
        (
            "releases:\n- name: web\n  values:\n  -   key: a\n      value: x",
            (
                "releases:\n- name: web\n  values:\n  -   key: a\n      value: x\n"
                '  -   key: image.tag\n      value: "1.10"'
            ),
        ),
        (
            "releases:\r\n- name: web\r\n  values:\r\n  - {key: a, value: x}\r\n# end\r\n",
            (
                "releases:\r\n- name: web\r\n  values:\r\n  - {key: a, value: x}\r\n"
                '  - {key: image.tag, value: "1.10"}\r\n# end\r\n'
            ),
        ),
        (
            "releases:\n- name: web\n  values: [{key: a, value: x} ]\n",
            'releases:\n- name: web\n  values: [{key: a, value: x}, {key: image.tag, value: "1.10"} ]\n',
        ),
        (
            "releases:\n- name: web\n  values: []\n",
            'releases:\n- name: web\n  values: [{key: image.tag, value: "1.10"}]\n',
        ),
        (
            "releases:\n- name: web\n  chart:\n    dir: web # here\n\n# next\n- name: api\n",
            (
                "releases:\n- name: web\n  chart:\n    dir: web # here\n  values:\n    - key: image.tag\n"
                '      value: "1.10"\n\n# next\n- name: api\n'
            ),
        ),
        (
            "releases: [{name: web, chart: {dir: web} }]\n",
            'releases: [{name: web, chart: {dir: web}, values: [{key: image.tag, value: "1.10"}] }]\n',
        ),
        (
            "releases:\n- name: web\n  values: # none yet\n  chart: {dir: web}\n",
            'releases:\n- name: web\n  values: [{key: image.tag, value: "1.10"}] # none yet\n  chart: {dir: web}\n',
        ),
        (
            "releases:\n- name: web\n  values: ~\n",
            'releases:\n- name: web\n  values: [{key: image.tag, value: "1.10"}]\n',
        ),
        (
            "releases:\n- name: web\n  values:\n  - key: a\n    value: |\n      x\n\n- name: api\n",
            (
                "releases:\n- name: web\n  values:\n  - key: a\n    value: |\n      x\n"
                '  - key: image.tag\n    value: "1.10"\n\n- name: api\n'
            ),
        ),
        (
            "releases:\n- name: web\n  values:\n  -\n    key: a\n    value: x\n",
            (
                "releases:\n- name: web\n  values:\n  -\n    key: a\n    value: x\n"
                '  - key: image.tag\n    value: "1.10"\n'
            ),
        ),
        (
            "releases:\n- name: web\n  values: [{key: a, value: x},] # why\n",
            'releases:\n- name: web\n  values: [{key: a, value: x}, {key: image.tag, value: "1.10"},] # why\n',
        ),
        (
            "releases:\n- name: web\n  values: [\n    {key: a, value: x}  # why\n  ]\n",
            (
                "releases:\n- name: web\n  values: [\n    {key: a, value: x}, "
                '{key: image.tag, value: "1.10"}  # why\n  ]\n'
            ),
        ),
        (
            "releases:\n- name: web\r\n  values: [\r\n    {key: a, value: x},\r\n  ]\n",
            (
                "releases:\n- name: web\r\n  values: [\r\n    {key: a, value: x},\r\n"
                '    {key: image.tag, value: "1.10"},\r\n  ]\n'
            ),
        ),
        (
            '{"releases": [\n  {\n    "name": "web"\n  }\n]}',
            ('{"releases": [\n  {\n    "name": "web",\n    "values": [{"key": "image.tag", "value": "1.10"}]\n  }\n]}'),
        ),
        (
            '{"releases": [{"name": "web", "values": [{"key": "a", "value": "x"}]}]}',
            (
                '{"releases": [{"name": "web", "values": [{"key": "a", "value": "x"}, '
                '{"key": "image.tag", "value": "1.10"}]}]}'
            ),
        ),
        (
            "releases: [\n {name: web, values: [\n  {key: a, value: x}]}]",
            'releases: [\n {name: web, values: [\n  {key: a, value: x}, {key: image.tag, value: "1.10"}]}]',
        ),
    ],
    ids=[
        *("block", "odd indentation", "flow items", "flow list", "empty list", "no list", "flow release"),
        *("nothing", "null", "after a text of lines", "dash alone", "comma at the end", "comment at the end"),
        *("a line for each", "pretty JSON", "JSON", "no line end"),
    ],
)
def test_a_value_is_added_in_the_manner_of_the_file(text: str, expected: str) -> None:
    assert add(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "x: &v []\nreleases:\n- name: web\n  values: *v\n",
        "releases:\n- name: web\n  values: text\n",
        "releases:\n- name: web\n  values:\n  - text\n",
        "releases:\n- name: web\n  values:\n  - - key: a\n",
        "releases:\n- name: web\n  values:\n  - # why\n    key: a\n",
    ],
)
def test_where_it_cannot_be_done_safely_nothing_is_done(text: str) -> None:
    assert add(text) is None
