"""Receivers: addresses of ours, each with the one provider that may send there, its secret, and what it may tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fairlead.domain.config import Place
from fairlead.domain.declaring.findings import Findings
from fairlead.domain.declaring.found import FoundRecord
from fairlead.domain.declaring.reading import Reader
from fairlead.domain.documents import Node
from fairlead.domain.resolving import is_null
from fairlead.domain.webhooks.deliveries import Announcement, ImagePushed
from fairlead.domain.webhooks.keys import WEBHOOKS_FILE
from fairlead.domain.webhooks.providers import PROVIDERS, Provider

MIN_SECRET = 16  # characters; a shorter one can be guessed by trying
_ANY = "/*"


@dataclass(frozen=True, slots=True)
class Receiver:
    """Takes deliveries at `/hooks/NAME`. `allowed` are names, or prefixes that end in `/*`; None allows everything."""

    name: str
    provider: Provider
    secret: str = field(repr=False)
    allowed: tuple[str, ...] | None = None

    def allows(self, announcement: Announcement) -> bool:
        """Tell whether the receiver may announce this. Names are compared as texts, never as patterns."""
        if self.allowed is None:
            return True
        match announcement:
            case ImagePushed(image=image):
                subject = str(image)
            case _:
                subject = announcement.repository
        return any(_covers(each, subject) for each in self.allowed)


def _covers(allowed: str, subject: str) -> bool:
    return subject.startswith(allowed.removesuffix("*")) if allowed.endswith(_ANY) else subject == allowed


def read_receivers(node: Node | None, file: str, environ: Mapping[str, str]) -> tuple[Receiver, ...]:
    """Return the receivers that a file declares, with their secrets from the environment.

    Raises:
        InputError: with every mistake, a missing or short secret among them.
    """
    findings = Findings()
    found = None if node is None or is_null(node) else Reader(file, findings).read(node, WEBHOOKS_FILE)
    records = tuple(found.records("receivers")) if isinstance(found, FoundRecord) else ()
    receivers = [receiver for each in records if (receiver := _receiver(each, environ, findings)) is not None]
    if not records and not findings.problems:
        findings.error(Place(file, 1, 1), "emptyFile", "the file declares no receivers", "declare at least one")
    names = [receiver.name for receiver in receivers]
    for each in records:
        if names.count(each.text("name") or "") > 1:
            findings.error(each.place, "duplicateName", f"two receivers are named {each.text('name')!r}", "rename one")
    findings.raise_errors()
    return tuple(receivers)


def _receiver(found: FoundRecord, environ: Mapping[str, str], findings: Findings) -> Receiver | None:
    name, provider, source = found.text("name"), found.text("provider"), found.record("secretFrom")
    variable = source.text("env") if source is not None else None
    if name is None or provider is None or variable is None:
        return None
    secret = environ.get(variable, "")
    if len(secret) < MIN_SECRET:
        what = "is not set" if not secret else f"holds fewer than {MIN_SECRET} characters"
        remedy = "without a secret nobody could tell who sends; make one with `openssl rand -hex 32`"
        findings.error(found.place, "secretMissing", f"the variable {variable}, secret of {name!r}, {what}", remedy)
    allowed = tuple(each.text for each in found.texts("allow")) if "allow" in found.fields else None
    return Receiver(name, PROVIDERS[provider], secret, allowed)
