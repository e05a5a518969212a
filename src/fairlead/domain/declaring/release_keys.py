"""The keys of release files."""

from __future__ import annotations

from fairlead.domain.config import Crds
from fairlead.domain.declaring.apps.keys import DESCRIPTOR
from fairlead.domain.declaring.shapes import (
    Field,
    Flag,
    ListOf,
    MapOf,
    OneOf,
    PathRole,
    PathText,
    Record,
    Structure,
    Text,
)
from fairlead.domain.declaring.texts import (
    AGE,
    ANY_TEXT,
    DURATION,
    GROUP,
    LABEL_KEY,
    LABEL_VALUE,
    NAMESPACE,
    OBJECT_NAME,
    PLATFORM,
    RELEASE_NAME,
    WORD,
)
from fairlead.domain.declaring.value_keys import VALUE
from fairlead.domain.upgrades.policy import Order, Track
from fairlead.domain.upgrades.triggers import PREFIX, REPOSITORY, TAG
from fairlead.domain.upgrades.wishes import ONE_OF_TRACKS

CHART = Record(
    "chart",
    "A Helm chart: exactly one of dir and reference",
    (
        Field("dir", PathText(PathRole.CHART_DIR), "Directory of a chart in the repository, relative to this file."),
        Field("reference", WORD, "`REPO/CHART` of a declared Helm repository, or `oci://HOST/PATH`."),
        Field("version", WORD, "Version of the chart; required with `reference`."),
        Field(
            "crds",
            Text(choices=tuple(Crds), expected="what to do with definitions"),
            "What becomes of the chart's `crds/`: `install` creates what is missing, `replace` also updates what is "
            "there, `skip` leaves them out. They are never deleted.",
            default="install",
        ),
    ),
    one_of=(OneOf(("dir", "reference"), "chartSource", "name the chart with `dir` or with `reference` and `version`"),),
)
KUSTOMIZE = Record(
    "kustomize",
    "A kustomization",
    (
        Field(
            "dir",
            PathText(PathRole.KUSTOMIZATION_DIR),
            "Directory of the kustomization, relative to this file.",
            required=True,
        ),
    ),
)
_WANTED = (
    Field(
        "track",
        Text(choices=tuple(Track), expected=ONE_OF_TRACKS),
        "Which new versions are wanted. Without it and `range` nothing new is offered.",
    ),
    Field("range", ANY_TEXT, "Range of versions as npm writes it, such as `^1.2`. Narrows the track, or replaces it."),
    Field("match", ANY_TEXT, "Pattern (RE2) that the whole tag has to match."),
    Field("prerelease", Flag(), "Whether pre-releases count although the current version is none.", default="false"),
    Field("dateTags", Flag(), "Whether dates and numbers such as 20260131 count as versions.", default="false"),
    Field("minAge", AGE, "How old a new version has to be."),
    Field("group", GROUP, "Updates of one group share a pull request.", default="one for each release"),
)
IMAGE_TRIGGER = Record(
    "imageTrigger",
    "Watches an image",
    (
        *_WANTED,
        Field("extract", ANY_TEXT, "What a tag counts as: groups of `match`, such as `$version`."),
        Field(
            "order",
            Text(choices=tuple(Order), expected="numerical or alphabetical"),
            "How `Newest` compares tags, or what is extracted from them, instead of by time.",
        ),
        Field("digest", Text(choices=("pin",), expected="pin"), "`pin` writes `TAG@DIGEST` and follows moving tags."),
        Field("platform", PLATFORM, "Only tags that exist for this platform, such as `linux/arm64`, count."),
        Field("repoValue", ANY_TEXT, "Value that holds the image's repository.", default=REPOSITORY),
        Field("tagValue", ANY_TEXT, "Value that holds the image's tag; in an app, its `image`.", default=TAG),
        Field("repoPrefixValue", ANY_TEXT, "Value that is put in front of the repository.", default=PREFIX),
    ),
)
CHART_TRIGGER = Record("chartTrigger", "Watches the versions of the release's chart", _WANTED)
TRIGGER = Record(
    "trigger",
    "What new versions a release wants: exactly one of these",
    (
        Field("image", IMAGE_TRIGGER, "Watches an image."),
        Field("chart", CHART_TRIGGER, "Watches the release's chart."),
    ),
    one_of=(OneOf(("image", "chart"), "triggerKind", "name exactly one of image and chart"),),
    former=(
        ("helm", "write `chart:` instead of `helm:`"),
        ("github", "remove it: it never had an effect"),
    ),
)
IGNORE_FIELDS = Record(
    "ignoreFields",
    "Declared fields that are left to others",
    (
        Field("kind", WORD, "Kind of the objects.", required=True),
        Field("name", OBJECT_NAME, "Name of one object.", default="all objects of the kind"),
        Field(
            "paths",
            ListOf(Text(r"/.+", "a JSON Pointer such as /spec/replicas")),
            "JSON Pointers of the fields.",
            required=True,
        ),
    ),
)
PATCH_TARGET = Record(
    "patchTarget",
    "The objects a patch is for",
    (
        Field("kind", WORD, "Kind of the objects.", default="every kind"),
        Field("name", OBJECT_NAME, "Name of one object.", default="every name"),
    ),
)
PATCH = Record(
    "patch",
    "A change to rendered objects",
    (
        Field(
            "target",
            PATCH_TARGET,
            "The objects to change. A strategic merge patch may name them itself, by kind and metadata.name.",
        ),
        Field(
            "patch",
            Structure(),
            "A mapping is a strategic merge patch, a list is a JSON patch (RFC 6902).",
            required=True,
        ),
    ),
)
RELEASE = Record(
    "release",
    "One deployable thing: exactly one of chart, resourceFiles, kustomize and app",
    (
        Field("name", RELEASE_NAME, "Unique in its environment; the Helm release's name.", required=True),
        Field("chart", CHART, "A Helm chart."),
        Field(
            "resourceFiles",
            ListOf(PathText(PathRole.MANIFESTS)),
            "Manifest files, directories of them or globs, relative to this file.",
        ),
        Field("kustomize", KUSTOMIZE, "A kustomization, built with the kustomize or kubectl program."),
        Field("app", DESCRIPTOR, "The descriptor of an app that is deployed blue-green. See the page of descriptors."),
        Field("valuesFile", PathText(PathRole.VALUES_FILE), "Helm values file, relative to this file."),
        Field("values", ListOf(VALUE), "Helm values; they win over every file."),
        Field("trigger", TRIGGER, "Shorthand for one more item of `triggers`."),
        Field("triggers", ListOf(TRIGGER), "What new versions the release wants. No effect on deploying."),
        Field(
            "lockFile",
            Flag(),
            "Keeps new tags in a generated file beside this one (`apps.lock.yaml` for `apps.yaml`), instead of writing "
            "them where tags are declared.",
            default="false",
        ),
        Field(
            "skipDefaultValues",
            Flag(),
            "Leaves out the environment's defaultValuesFile and defaultValues.",
            default="false",
        ),
        Field("dependsOn", ListOf(RELEASE_NAME), "Releases of the same environment that must be healthy first."),
        Field("namespace", NAMESPACE, "Target namespace.", default="the environment's"),
        Field("timeout", DURATION, "How long the release may take to become healthy.", default="5m"),
        Field("wait", Flag(), "Whether to wait until the release is healthy.", default="true"),
        Field("prune", Flag(), "Whether objects that are no longer declared are deleted.", default="true"),
        Field("ignoreFields", ListOf(IGNORE_FIELDS), "Declared fields that are left to others, such as autoscalers."),
        Field("patches", ListOf(PATCH), "Changes to the rendered objects, in order."),
        Field("labels", MapOf(LABEL_KEY, LABEL_VALUE), "Labels to select releases by."),
    ),
    one_of=(
        OneOf(
            ("chart", "resourceFiles", "kustomize", "app"),
            "releaseKind",
            "give the release exactly one of chart, resourceFiles, kustomize and app",
        ),
    ),
)
RELEASES_FILE = Record(
    "releasesFile",
    "A Fairlead release file",
    (
        Field(
            "resourceFiles",
            ListOf(PathText(PathRole.MANIFESTS)),
            "Manifests that are applied before the file's releases, as a release of their own.",
        ),
        Field("releases", ListOf(RELEASE), "The releases."),
    ),
    former=(("resourceDependencies", "remove it: it never had an effect"),),
)
