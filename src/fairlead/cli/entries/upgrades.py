"""Commands that look for new versions and write them down."""

from __future__ import annotations

from fairlead.cli.entries.entry import UPGRADE, Entry, Example

UPGRADES = (
    Entry(
        "poll",
        UPGRADE,
        "Look for newer images and charts, and write them into the files if asked.",
        (
            Example("fairlead poll", "everything that has a trigger"),
            Example("fairlead poll test -r web --detailed-exitcode", "for CI: exit 3 when there are updates"),
            Example("fairlead poll --image registry.acme.test/shop", "only who runs this image"),
            Example("fairlead poll test --patch", "change exactly those tags and versions in the files"),
        ),
    ),
    Entry(
        "observe",
        UPGRADE,
        "Weigh one new image or chart that was just made.",
        (
            Example("fairlead observe --image registry.acme.test/shop:1.4.3", "from the CI that pushed it, offline"),
            Example("fairlead observe --image registry.acme.test/shop:1.4.3 --verify", "ask the registry about it too"),
            Example("fairlead observe --chart acme/cache:1.3.0 --patch", "a new chart, written into the files"),
        ),
    ),
    Entry(
        "webhooks",
        UPGRADE,
        "Take webhooks of registries, and act on new images until ended.",
        (
            Example("fairlead webhooks --config webhooks.yaml", "on 127.0.0.1:8080; say what would change"),
            Example("fairlead webhooks --config webhooks.yaml --patch", "write new tags into the files as they come"),
            Example("fairlead webhooks --config webhooks.yaml --pr", "propose them as pull requests"),
        ),
    ),
    Entry(
        "track",
        UPGRADE,
        "Try a track on tags: which would be chosen, and why.",
        (
            Example("fairlead track MinorVersion --current 1.2.0 1.2.1 1.3.0 2.0.0", "the newest minor version"),
            Example("fairlead track Newest --current main-1@1767225600 main-2@1767312000", "by time of creation"),
            Example("fairlead track - --range '^1.2' --current 1.2.0 1.9.0 2.0.0", "a range instead of a track"),
        ),
    ),
)
