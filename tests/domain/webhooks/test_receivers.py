"""Which receivers a file declares, its mistakes, and what each may announce."""

from __future__ import annotations

import pytest

from fairlead.domain.errors import InputError
from fairlead.domain.images import parse_image
from fairlead.domain.webhooks.deliveries import Announcement, BranchPushed, ImagePushed
from fairlead.domain.webhooks.providers import PROVIDERS
from fairlead.domain.webhooks.receivers import Receiver, read_receivers
from fairlead.doors.yaml import read_document

ENVIRON = {"HUB": "0123456789abcdef", "SHORT": "abc"}
HUB = "{name: hub, provider: dockerHub, secretFrom: {env: HUB}}"


def read(text: str) -> tuple[Receiver, ...]:
    return read_receivers(read_document(text.encode(), "webhooks.yaml").root, "webhooks.yaml", ENVIRON)


def test_receivers_get_their_secrets_from_the_environment() -> None:
    text = f"receivers: [{HUB}, {{name: forge, provider: github, secretFrom: {{env: HUB}}, allow: [acme/*]}}]"

    assert read(text) == (
        Receiver("hub", PROVIDERS["dockerHub"], ENVIRON["HUB"]),
        Receiver("forge", PROVIDERS["github"], ENVIRON["HUB"], ("acme/*",)),
    )


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("", ["emptyFile"]),
        ("receivers: []", ["emptyFile"]),
        ("receivers: [{name: hub}]", ["missingKey", "missingKey"]),
        ("receivers: [{name: hub, provider: dockerhub, secretFrom: {env: HUB}}]", ["invalidValue"]),
        ("receivers: [{name: a/b, provider: quay, secretFrom: {env: HUB}}]", ["invalidValue"]),
        ("receivers: [{name: hub, provider: quay, secretFrom: {env: MISSING}}]", ["secretMissing"]),
        ("receivers: [{name: hub, provider: quay, secretFrom: {env: SHORT}}]", ["secretMissing"]),
        (f"receivers:\n- {HUB}\n- {HUB}", ["duplicateName", "duplicateName"]),
        ("recievers: []", ["unknownKey"]),
        ("[]", ["wrongType"]),
    ],
)
def test_mistakes_are_reported_together(text: str, codes: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        read(text)

    assert [
        problem.code for problem in caught.value.problems if problem.code != "missingKey" or "missingKey" in codes
    ] == codes


@pytest.mark.parametrize(
    ("allow", "announcement", "expected"),
    [
        (None, "docker.io/acme/web", True),
        (("docker.io/acme/web",), "docker.io/acme/web", True),
        (("docker.io/acme/web",), "docker.io/acme/web2", False),
        (("docker.io/acme/*",), "docker.io/acme/web", True),
        (("docker.io/acme/*",), "docker.io/acme2/web", False),
        ((".*", "(a+)+$", "*"), "docker.io/acme/web", False),
        ((), "docker.io/acme/web", False),
    ],
)
def test_names_are_compared_as_texts(allow: tuple[str, ...] | None, announcement: str, *, expected: bool) -> None:
    receiver = Receiver("hub", PROVIDERS["dockerHub"], ENVIRON["HUB"], allow)

    assert receiver.allows(ImagePushed(parse_image(announcement).name, "1")) is expected


def test_repositories_are_compared_by_name() -> None:
    receiver = Receiver("forge", PROVIDERS["github"], ENVIRON["HUB"], ("acme/shop",))
    pushed: list[Announcement] = [BranchPushed(name, "main", "c" * 40) for name in ("acme/shop", "acme/other")]

    assert [receiver.allows(each) for each in pushed] == [True, False]
