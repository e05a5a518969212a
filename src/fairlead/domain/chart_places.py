"""Where a published chart lies: which repository or registry a reference means, and whose login is meant for it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from fairlead.domain.config import ChartOci, ChartReference, HelmRepo
from fairlead.domain.errors import InputError, Problem
from fairlead.domain.images import ImageName, parse_image

_OCI = "oci://"
_NAME = re.compile(r"[A-Za-z0-9._-]+")
_VERSION = re.compile(r"v?\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class ChartPlace:
    """A chart at a repository's address (`https://...`) or below a registry's path (`oci://HOST/PATH`).

    `repo` is the declared repository that the address lies in: its TLS files and credentials are meant for it.
    """

    url: str
    name: str
    repo: HelmRepo | None = None

    @property
    def in_registry(self) -> bool:
        """Whether the chart lies in an OCI registry."""
        return self.url.startswith(_OCI)

    @property
    def image(self) -> ImageName:
        """What the chart is called in its registry, where charts and images are alike.

        Raises:
            InputError: `chartInvalid`, it is no usable reference.
        """
        written = f"{self.url}/{self.name}"
        host, _, path = written.removeprefix(_OCI).partition("/")
        # There are no short names here: what follows `oci://` is a host, and a colon says so to the reader of images.
        host = host if "." in host or ":" in host or host == "localhost" else f"{host}:443"
        try:
            found = parse_image(f"{host}/{path.strip('/')}")
        except InputError:
            found = None
        if found is None or found.tag or found.digest or not self.in_registry:
            raise _invalid(f"found {written!r}, expected oci://HOST/PATH in lower case, without a tag")
        return found.name


def place_of(chart: ChartReference | ChartOci, repos: tuple[HelmRepo, ...]) -> ChartPlace:
    """Return where a chart lies.

    Raises:
        InputError: `chartInvalid`: no such repository is declared, or the name is none.
    """
    where, _, name = chart.reference.rpartition("/")
    if not is_chart_name(name):
        raise _invalid(f"found {chart.reference!r}, expected a reference that ends in the name of a chart")
    if isinstance(chart, ChartOci) and not where.startswith(_OCI):
        raise _invalid(f"found {chart.reference!r}, expected oci://HOST/PATH")
    if "://" in where:
        return ChartPlace(where, name, _covering(where, repos))
    repo = next((repo for repo in repos if repo.name == where), None)
    if repo is None:
        known = ", ".join(repo.name for repo in repos) or "none"
        message = f"found {chart.reference!r}, expected REPO/CHART with a declared repository (declared: {known})"
        raise InputError(Problem("chartInvalid", message, remedy="declare the repository under helmRepos"))
    return ChartPlace(repo.url.rstrip("/"), name, repo)


def is_chart_name(name: str) -> bool:
    """Tell whether a name can be a chart's: one that never leads anywhere as part of a path."""
    return bool(_NAME.fullmatch(name)) and name not in {".", ".."}


def is_chart_version(text: str) -> bool:
    """Tell whether a text is one exact version, not a range."""
    return _VERSION.fullmatch(text) is not None


def same_version(one: str, other: str) -> bool:
    """Tell whether two texts mean the same version; a leading `v` says nothing."""
    return one.removeprefix("v") == other.removeprefix("v")


def _covering(url: str, repos: tuple[HelmRepo, ...]) -> HelmRepo | None:
    covering = [repo for repo in repos if f"{url}/".startswith(f"{repo.url.rstrip('/')}/")]
    return max(covering, key=lambda repo: len(repo.url), default=None)


def _invalid(message: str) -> InputError:
    return InputError(Problem("chartInvalid", message, remedy="write REPO/CHART or oci://HOST/PATH/CHART"))
