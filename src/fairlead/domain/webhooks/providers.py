"""Every sender that receivers understand, as a table: how it proves itself, how it is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from fairlead.domain.webhooks import forges, registries
from fairlead.domain.webhooks.authenticity import BasicPassword, Check, PathToken, Scheme, Signature, Token
from fairlead.domain.webhooks.deliveries import Announcement
from fairlead.domain.webhooks.payload import Payload

_BEARER = Token("authorization", "Bearer ")
_AUTHORIZATION = Token("authorization")
_HUB = Signature("x-hub-signature-256", "sha256=")


@dataclass(frozen=True, slots=True)
class Provider:
    """A sender. `schemes` are all its ways to prove itself; one must succeed."""

    name: str
    title: str
    schemes: tuple[Scheme, ...]
    parse: Callable[[Payload, Mapping[str, str]], Iterator[Announcement]]

    def begin(self, headers: Mapping[str, str], path_token: str | None, secret: str) -> Check | None:
        """Return the check of a delivery, or None when it is refused without reading its body."""
        begun = (scheme.begin(headers, path_token, secret) for scheme in self.schemes)
        return next((check for check in begun if check is not None), None)


_ALL = (
    Provider("dockerHub", "Docker Hub", (PathToken(),), registries.docker_hub),
    Provider("githubPackages", "GitHub packages (GHCR)", (_HUB,), registries.github_packages),
    Provider("harbor", "Harbor", (_AUTHORIZATION, _BEARER), registries.harbor),
    Provider("quay", "Quay", (PathToken(),), registries.quay),
    Provider("ecr", "Amazon ECR by EventBridge", (Token("x-api-key"), _BEARER, BasicPassword()), registries.ecr),
    Provider("google", "Google Artifact Registry by Pub/Sub push", (PathToken(),), registries.google),
    Provider("azure", "Azure Container Registry", (_AUTHORIZATION, _BEARER), registries.azure),
    Provider("distribution", "The distribution registry", (_AUTHORIZATION, _BEARER), registries.distribution),
    Provider("generic", "Anything else", (Signature("x-fairlead-signature", "sha256="),), registries.generic),
    Provider("github", "Pushes to GitHub", (_HUB,), forges.github),
    Provider("gitlab", "Pushes to GitLab", (Token("x-gitlab-token"),), forges.gitlab),
    Provider("gitea", "Pushes to Gitea or Forgejo", (Signature("x-gitea-signature"), _HUB), forges.gitea),
    Provider("bitbucket", "Pushes to Bitbucket Cloud", (Signature("x-hub-signature", "sha256="),), forges.bitbucket),
)
PROVIDERS = {provider.name: provider for provider in _ALL}
