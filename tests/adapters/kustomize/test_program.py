from __future__ import annotations

from pathlib import Path

import pytest

from fairlead.adapters.kustomize.program import KustomizeProgram
from fairlead.domain.errors import InputError, OperationFailed
from fairlead.doors.paths import Paths
from fairlead.doors.yaml import read_manifests
from fairlead.sandbox.build import ensure
from fairlead.sandbox.modules import KUBERNETES
from fairlead.settings import Settings
from tests.fakes.helm import kustomize_program

MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"

# What an ordinary repository holds; each name is a file.
SHOP = {
    "base/kustomization.yaml": """
resources: [a.yaml]
configMapGenerator: [{name: g, files: [k=f.txt, f.txt], envs: [e.env]}]
""",
    "base/a.yaml": MAP,
    "base/f.txt": "text\n",
    "base/e.env": "A=https://example.org/not-a-path\n",
    "prod/kustomization.yaml": """
namePrefix: prod-
resources: [../base]
components: [../extra]
patches:
  - path: p.yaml
  - patch: |-
      - op: add
        path: /data/url
        value: https://example.org/x?y=z
    target: {kind: ConfigMap, name: a}
transformers:
  - |-
    apiVersion: builtin
    kind: LabelTransformer
    metadata: {name: l}
    labels: {from: "https://inline"}
    fieldSpecs: [{path: metadata/labels, create: true}]
""",
    "prod/p.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {patched: 'yes'}\n",
    "extra/kustomization.yaml": """
apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
commonAnnotations: {from: extra}
""",
}


def write(root: Path, files: dict[str, str]) -> Paths:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return Paths(root.resolve())


@pytest.fixture(params=["kustomize", "kubectl"])
async def argv(request: pytest.FixtureRequest) -> tuple[str, ...]:
    if request.param == "kustomize":
        return (str(await kustomize_program()), "build")
    return (str((await ensure([KUBERNETES], Settings.from_environment(), lambda _: None))["kubectl"]), "kustomize")


async def test_ordinary_kustomizations_are_built(argv: tuple[str, ...], tmp_path: Path) -> None:
    stream = await KustomizeProgram(write(tmp_path, SHOP), argv).build("prod")
    objects = {obj["metadata"]["name"].partition("-g")[0]: obj for obj, _ in read_manifests(stream, "prod")}
    assert objects["prod-a"]["data"] == {"patched": "yes", "url": "https://example.org/x?y=z"}
    assert objects["prod-a"]["metadata"]["labels"] == {"from": "https://inline"}


async def test_what_kustomize_refuses_is_said_without_paths_of_this_machine(
    argv: tuple[str, ...], tmp_path: Path
) -> None:
    paths = write(tmp_path, {**SHOP, "base/a.yaml": "kind: [\n"})
    with pytest.raises(OperationFailed) as caught:
        await KustomizeProgram(paths, argv).build("prod")
    assert (caught.value.code, caught.value.problems[0].file) == ("kustomizeFailed", "prod")
    assert str(tmp_path) not in str(caught.value)


async def test_a_folder_without_one_kustomization_is_refused(tmp_path: Path) -> None:
    twice = {"prod/kustomization.yaml": "resources: []\n", "prod/Kustomization": "resources: []\n"}
    for files in ({"prod/a.yaml": MAP}, twice):
        paths = write(tmp_path, files)
        with pytest.raises(InputError) as caught:
            await KustomizeProgram(paths, ("/never",)).build("prod")
        assert caught.value.code == "kustomizeInvalid"


@pytest.mark.parametrize("content", ["[]\n", "text\n", "", "a: 1\n---\nb: 1\n"])
async def test_a_kustomization_that_is_no_mapping_is_refused(content: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        await KustomizeProgram(write(tmp_path, {"k/kustomization.yaml": content}), ("/never",)).build("k")
    assert caught.value.problems[0].file == "k/kustomization.yaml"


def test_the_program_is_found_and_its_absence_said(tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    with pytest.raises(OperationFailed) as caught:
        KustomizeProgram.found(paths, search_path=str(tmp_path))
    assert caught.value.code == "programMissing"
    for name, arguments in (("kubectl", "kustomize"), ("kustomize", "build")):
        (tmp_path / name).write_text("")
        (tmp_path / name).chmod(0o755)
        assert KustomizeProgram.found(paths, search_path=str(tmp_path)).argv == (str(tmp_path / name), arguments)
