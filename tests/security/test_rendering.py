"""S12, S13, S20-S23 in rendering: charts that would write, call out, never end, or break what renders them.

Both renderers must hold: the library in its worker, and the `helm` program.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from fairlead.adapters.charts.metadata import read_metadata
from fairlead.adapters.charts.packages import pack_chart
from fairlead.adapters.helm.library import HelmLibrary
from fairlead.adapters.helm.program import HelmProgram
from fairlead.adapters.helm.workers import Limits, Workers
from fairlead.domain.config import ChartDir, ChartReference, HelmRepo, Place
from fairlead.domain.errors import FairleadError, InputError
from fairlead.domain.rendering import Capabilities, ChartRequest, LocalChart
from fairlead.ports.renderer import ChartRenderer
from tests.fakes.chart_server import Pages, packaged
from tests.fakes.charts import charts, small_chart, write_chart
from tests.fakes.helm import helm_program
from tests.fakes.http import Answer, HttpServer, Request

PLACE = Place("environments.yaml", 3, 1)
CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
LIMITS = Limits(seconds=2.0, output=4 << 20, memory=400 << 20)


@pytest_asyncio.fixture(params=["library", "program"])
async def renderer(request: pytest.FixtureRequest) -> AsyncIterator[ChartRenderer]:
    made: ChartRenderer = HelmLibrary(Workers(LIMITS, most=1))
    if request.param == "program":
        made = HelmProgram(await helm_program(), LIMITS)
    yield made
    await made.close()


def asking(chart: LocalChart, **values: object) -> ChartRequest:
    return ChartRequest("web", "market", chart, values, Capabilities("v1.36.3"))


async def still_works(renderer: ChartRenderer, folder: Path) -> bool:
    chart = await small_chart({"templates/a.yaml": CONFIG_MAP}, folder / "good")
    return len((await renderer.render(asking(chart))).manifests) == 1


# --- S12: metadata that leads elsewhere ------------------------------------------------------------------------------


def digest_of_tree(folder: Path) -> str:
    """A digest over names, kinds and contents of everything below a folder."""
    seen = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        content = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
        seen.update(f"{path}\0{path.lstat().st_mode}\0".encode() + content)
    return seen.hexdigest()


@pytest.mark.parametrize("name", [".", "..", "a/../../b", "/etc/x", "a\\b", "", "a b", "../../x"])
@pytest.mark.parametrize("version", ["1.0.0", "../../x"])
async def test_names_and_versions_never_lead_anywhere(name: str, version: str, tmp_path: Path) -> None:
    (tmp_path / "around").mkdir()
    root = tmp_path / "around/repository"
    root.mkdir()
    content = {"Chart.yaml": json.dumps({"apiVersion": "v2", "name": name, "version": version})}
    write_chart(root / "chart", content)
    pages = Pages()
    pages.publish("small", "1.0.0", pack_chart({path: text.encode() for path, text in content.items()}))
    before = digest_of_tree(tmp_path / "around")
    source = charts(root, tmp_path / "cache")
    async with HttpServer(pages) as server:
        for chart in (ChartDir("chart"), ChartReference("shop/small", "1.0.0")):
            with pytest.raises(InputError) as caught:
                await source.fetch(chart, (HelmRepo("shop", server.url, PLACE),))
            assert caught.value.code == "chartInvalid"
    await source.close()
    assert digest_of_tree(tmp_path / "around") == before
    assert set(os.listdir(tmp_path)) == {"around", "cache"}  # noqa: PTH208 - names are enough


async def test_a_lock_that_is_a_link_is_refused_and_what_it_leads_to_is_unharmed(tmp_path: Path) -> None:
    profile = tmp_path / "profile"
    profile.write_text("export A=1\n")
    root = tmp_path / "repository"
    write_chart(root / "chart", {})
    (root / "chart/Chart.lock").symlink_to(profile)
    with pytest.raises(InputError) as caught:
        await charts(root, tmp_path / "cache").fetch(ChartDir("chart"), ())
    assert caught.value.code == "linkOutside"
    assert "export" not in str(caught.value)
    assert profile.read_text() == "export A=1\n"


def test_dependencies_have_names_not_paths() -> None:
    for name in ("..", "../x", "a/b", ""):
        content = {"name": "a", "version": "1.0.0", "dependencies": [{"name": name, "version": "1.0.0"}]}
        with pytest.raises(InputError):
            read_metadata({"Chart.yaml": json.dumps(content).encode()}, where="a")


# --- S4: another's cache, or anything else of the machine, as a dependency -------------------------------------------


@pytest.mark.parametrize("form", ["file://{cache}", "file://../../cache", "file:///etc", "file://link"])
async def test_dependencies_outside_the_repository_are_refused(form: str, tmp_path: Path) -> None:
    write_chart(tmp_path / "cache/other", {})
    write_chart(tmp_path / "cache", {})
    root = tmp_path / "repository"
    repository = form.format(cache=tmp_path / "cache")
    dependency = {"name": "other", "version": "*", "repository": repository}
    chart = {"apiVersion": "v2", "name": "a", "version": "1.0.0", "dependencies": [dependency]}
    write_chart(root / "chart", {"Chart.yaml": json.dumps(chart)})
    (root / "chart/link").symlink_to(tmp_path / "cache")
    with pytest.raises(InputError) as caught:
        await charts(root, tmp_path / "own-cache").fetch(ChartDir("chart"), ())
    assert caught.value.code in {"pathRefused", "linkOutside"}


# --- S13: nothing leaves the machine ---------------------------------------------------------------------------------


async def test_templates_resolve_no_names(renderer: ChartRenderer, tmp_path: Path) -> None:
    # A lookup of this name would answer with an address from any resolver, even without a network.
    chart = await small_chart(
        {"templates/a.yaml": CONFIG_MAP + 'data: {x: "{{ getHostByName `localhost` }}"}'}, tmp_path
    )
    assert (await renderer.render(asking(chart))).manifests[0].data["data"] == {"x": ""}


# --- S21: schemas ----------------------------------------------------------------------------------------------------

DOUBLING = {
    "$ref": "#/$defs/a0",
    "$defs": {f"a{n}": {"allOf": [{"$ref": f"#/$defs/a{n + 1}"}] * 2} for n in range(40)} | {"a40": {"type": "object"}},
}
SCHEMAS = {
    "loop": {"$ref": "#"},
    "longer loop": {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}},
    "huge bound": {"properties": {"list": {"minItems": 1_000_000_000}}},
    "huge repetition": {"properties": {"text": {"pattern": "^(a{1000}){1000}$"}}},
    "backtracking": {"properties": {"text": {"pattern": "^(a+)+$"}}},
    "doubling": DOUBLING,
}


@pytest.mark.parametrize("name", SCHEMAS)
async def test_schema_bombs_end_in_an_error(name: str, renderer: ChartRenderer, tmp_path: Path) -> None:
    files = {"values.schema.json": json.dumps(SCHEMAS[name]), "templates/a.yaml": CONFIG_MAP}
    chart = await small_chart(files, tmp_path)
    began = time.monotonic()
    with pytest.raises(FairleadError) as caught:
        await renderer.render(asking(chart, list=[1], text="a" * 30_000 + "b"))
    assert caught.value.code in {"valuesSchema", "renderLimit"}
    assert time.monotonic() - began < 30
    assert await still_works(renderer, tmp_path)


async def test_schemas_fetch_nothing(tmp_path: Path) -> None:
    async def page(request: Request, writer: asyncio.StreamWriter) -> Answer | None:
        return Answer(body=b"{}")

    async with HttpServer(page) as sink:
        schema = json.dumps({"properties": {"a": {"$ref": f"{sink.url}/x"}}})
        with pytest.raises(InputError) as caught:
            await small_chart({"values.schema.json": schema}, tmp_path)
        assert caught.value.code == "schemaReference"
    assert sink.requests == []


async def test_well_known_dialects_need_no_network(renderer: ChartRenderer, tmp_path: Path) -> None:
    for dialect in ("http://json-schema.org/schema#", "http://json-schema.org/draft-07/schema#"):
        schema = json.dumps({"$schema": dialect, "type": "object"})
        chart = await small_chart({"values.schema.json": schema, "templates/a.yaml": CONFIG_MAP}, tmp_path)
        assert (await renderer.render(asking(chart, a=1))).manifests


# --- S20, S22: what never ends ---------------------------------------------------------------------------------------

ALIASES = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
TEMPLATES = {
    "endless": "{{ range until 1000000 }}{{ range until 1000000 }}{{ end }}{{ end }}",
    "growing": '{{ $s := "x" }}{{ range until 40 }}{{ $s = printf "%s%s" $s $s }}{{ end }}',
    "large": '{{ repeat 5000000 "x" }}',
    "endless include": '{{ define "x" }}{{ include "x" . }}{{ end }}{{ include "x" . }}',
    "endless template": '{{ define "x" }}{{ template "x" . }}{{ end }}{{ template "x" . }}',
    "endless tpl": "{{ tpl .Values.t . }}",
    "aliases": ALIASES,
    "self-reference": "a: &a [*a]\n",
    "deep": "a: " + "[" * 100_000,
    "deep maps": "{a: " * 50_000,
    "many documents": "{{ range until 100000 }}---\na: 1\n{{ end }}",
    "tags": "a: !!python/object/apply:os.system ['true']\n",
}


@pytest.mark.parametrize("name", TEMPLATES)
async def test_output_without_end_or_sense_is_an_error(name: str, renderer: ChartRenderer, tmp_path: Path) -> None:
    chart = await small_chart({"templates/a.yaml": TEMPLATES[name]}, tmp_path)
    with pytest.raises(FairleadError) as caught:
        await renderer.render(asking(chart, t="{{ tpl .Values.t . }}"))
    assert caught.value.code in {"chartRenderFailed", "renderLimit"}
    assert await still_works(renderer, tmp_path)


# --- S23: odd input --------------------------------------------------------------------------------------------------

ODD: dict[str, dict[str, bytes]] = {
    "null metadata": {"templates/a.yaml": b"apiVersion: v1\nkind: ConfigMap\nmetadata: null\n"},
    "odd annotations": {"templates/a.yaml": CONFIG_MAP.replace("}", ", annotations: {x: null, 5: 6}}").encode()},
    "annotations as a list": {"templates/a.yaml": CONFIG_MAP.replace("}", ", annotations: []}").encode()},
    "not utf-8": {"templates/a.yaml": b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: '\xff\xfe'}\n"},
    "binary file": {
        "files/x.bin": bytes(range(256)),
        "templates/a.yaml": b"x: {{ .Files.Get `files/x.bin` | b64enc }}",
    },
    "lone surrogate": {"templates/a.yaml": b'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: "\\ud800"}\n'},
    "null values": {"values.yaml": b"null\n", "templates/a.yaml": CONFIG_MAP.encode()},
    "values as a list": {"values.yaml": b"[1]\n", "templates/a.yaml": CONFIG_MAP.encode()},
    "values not utf-8": {"values.yaml": b"a: \xff\n", "templates/a.yaml": CONFIG_MAP.encode()},
    "empty": {"templates/a.yaml": b"", "templates/b.yaml": b"\xef\xbb\xbf", "crds/a.yaml": b""},
    "crd of nothing": {"crds/a.yaml": b"---\n# nothing\n---\n"},
    "crd without sense": {"crds/a.yaml": b"[1"},
    "crd not utf-8": {"crds/a.yaml": b"a: \xff\n"},
    "null bytes": {"templates/a.yaml": CONFIG_MAP.encode() + b"\0"},
    "unusual names": {"templates/ \xc3\xbc [x].yaml": CONFIG_MAP.encode()},
}


@pytest.mark.parametrize("name", ODD)
async def test_odd_input_is_rendered_or_refused_but_breaks_nothing(
    name: str, renderer: ChartRenderer, tmp_path: Path
) -> None:
    archive = tmp_path / "odd.tgz"
    archive.write_bytes(pack_chart({"Chart.yaml": b"apiVersion: v2\nname: odd\nversion: 1.0.0\n", **ODD[name]}))
    try:
        rendered = await renderer.render(asking(LocalChart(str(archive), "", "odd", "1.0.0")))
    except FairleadError as error:
        assert error.code in {"chartRenderFailed", "chartInvalid", "valuesInvalid"}  # noqa: PT017 - either is right
    else:
        json.dumps([one.data for one in rendered.manifests]).encode()
    assert await still_works(renderer, tmp_path)


async def test_an_empty_entry_of_an_index_harms_nobody_else(tmp_path: Path) -> None:
    pages = Pages()
    pages.publish("small", "1.0.0", packaged())
    index = json.loads(pages.pages["/index.yaml"].body)
    index["entries"] |= {"broken": None, "other": [None, {}, "text"], "": [], "5": 5}
    pages.pages["/index.yaml"] = Answer(body=json.dumps(index).encode())
    async with HttpServer(pages) as server:
        source = charts(tmp_path, tmp_path / "cache")
        repos = (HelmRepo("shop", server.url, PLACE),)
        for name in ("broken", "other", "5"):
            with pytest.raises(InputError):
                await source.fetch(ChartReference(f"shop/{name}", "1.0.0"), repos)
        assert (await source.fetch(ChartReference("shop/small", "1.0.0"), repos)).name == "small"
        await source.close()
