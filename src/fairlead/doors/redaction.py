"""The one redactor: secret values leave no text and no JSON of ours, in whatever form they were written there."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from fairlead.domain.authorising.tokens import TOKEN, token_text
from fairlead.domain.changes import MASKED
from fairlead.domain.masking import SHORTEST_PART, is_secret, masked_object, written_forms
from fairlead.domain.rendering import RenderedRelease


class Redactor:
    """Knows secret values and takes them out of what people see.

    A value shorter than four characters is only masked where it stands alone: it is part of too many innocent words.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        self.register(secrets)

    @classmethod
    def of_release(cls, rendered: RenderedRelease) -> Redactor:
        """Return a redactor that knows the secrets a release was rendered with, and those in its Secret objects."""
        manifests = (*rendered.manifests, *rendered.crds, *(hook.manifest for hook in rendered.hooks))
        return cls([*rendered.secrets, *secrets_in(manifest.data for manifest in manifests)])

    def register(self, secrets: Iterable[str]) -> None:
        """Mask these values from now on, too."""
        self._secrets |= {secret for secret in secrets if secret}
        forms = {form for secret in self._secrets if len(secret) >= SHORTEST_PART for form in written_forms(secret)}
        longest_first = sorted(forms, key=lambda form: (-len(form), form))
        self._pattern = re.compile("|".join(map(re.escape, longest_first))) if forms else None

    def text(self, text: str) -> str:
        """Return a text without secret values, be they raw, in base64, URL-encoded or escaped as in JSON."""
        if text in self._secrets:
            return MASKED
        text = TOKEN.sub(_only_its_identifier, text)
        return self._pattern.sub(MASKED, text) if self._pattern else text

    def value(self, value: Any) -> Any:
        """Return a JSON value without secret values; Secret objects anywhere inside show their keys only."""
        if isinstance(value, Mapping):
            shown = masked_object(value) if is_secret(value) else value
            return {self.text(str(key)): self.value(part) for key, part in shown.items()}
        if isinstance(value, list | tuple):
            return [self.value(part) for part in value]
        return self.text(value) if isinstance(value, str) else value


def secrets_in(objects: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the clear texts that Secret objects hold, for the redactor."""
    for obj in objects:
        if is_secret(obj):
            yield from (str(value) for value in (obj.get("stringData") or {}).values())
            yield from filter(None, (_decoded(value) for value in (obj.get("data") or {}).values()))


def _decoded(value: Any) -> str:
    try:
        return base64.b64decode(str(value), validate=True).decode()
    except ValueError:  # not base64, or not text: there is no clear text to look for
        return ""


def _only_its_identifier(token: re.Match[str]) -> str:
    """Return the text of a token of our server without what opens anything: nobody need register them."""
    return token_text(token[1], MASKED)
