"""Commands that deploy apps blue-green, here or behind the API."""

from __future__ import annotations

from fairlead.cli.entries.entry import DEPLOY, Entry, Example

APPS = (
    Entry(
        "deploy",
        DEPLOY,
        "Deploy an app blue-green, from its descriptor.",
        (
            Example("fairlead deploy shop.json", "a new version beside the live one, then in its place"),
            Example("fairlead deploy shop.yaml -e prod", "in the cluster and namespace of the environment prod"),
            Example("fairlead deploy --release shop -e prod", "the app that is declared as a release of prod"),
            Example("fairlead deploy shop.json --on-busy queue", "after what is under way"),
        ),
    ),
    Entry(
        "promote",
        DEPLOY,
        "Let the version of an app that waits go live.",
        (Example("fairlead promote shop -e prod", "after looking at its preview"),),
    ),
    Entry(
        "abort",
        DEPLOY,
        "Give up the version of an app that is on its way.",
        (Example("fairlead abort shop -e prod", "traffic goes back, if it had begun to move"),),
    ),
    Entry(
        "pause",
        DEPLOY,
        "Let no version of an app go forward before its switch.",
        (Example("fairlead pause shop -e prod", "what is switched already goes on; abort and rollback still work"),),
    ),
    Entry(
        "resume",
        DEPLOY,
        "End the pause of an app.",
        (Example("fairlead resume shop -e prod", "and go on with what the pause held back"),),
    ),
    Entry(
        "resolve",
        DEPLOY,
        "Say how a blocked app goes on.",
        (
            Example("fairlead resolve shop keep-live -e prod", "what was live stays, or comes back"),
            Example("fairlead resolve shop adopt-observed -e prod", "what was found is what is wanted"),
            Example("fairlead resolve shop force -e prod", "go on, over what was found"),
        ),
    ),
    Entry(
        "undeploy",
        DEPLOY,
        "Remove an app with all its versions.",
        (Example("fairlead undeploy shop -e test", "after asking"),),
    ),
    Entry(
        "units",
        DEPLOY,
        "Show apps that are deployed blue-green.",
        (
            Example("fairlead units -e prod", "all apps of an environment, with their versions"),
            Example("fairlead units shop -e prod --drive", "go on with a rollout that was interrupted"),
        ),
    ),
    Entry(
        "env",
        DEPLOY,
        "Set environment variables for the apps of a namespace.",
        (
            Example("fairlead env list -e prod", "all of them, and the apps that do not have them yet"),
            Example("fairlead env set KAFKA_URL=kafka:9092 -e prod", "for the next version of every app"),
            Example("fairlead env set --secret TOKEN=login/token", "the value stays in the Secret login"),
            Example("fairlead env unset KAFKA_URL --dry-run", "show what that would restart"),
        ),
    ),
    Entry(
        "server",
        DEPLOY,
        "Serve the API: deployments of apps, followed as they happen.",
        (
            Example("fairlead server", "on 127.0.0.1:8080, for whoever owns this machine"),
            Example("fairlead server --listen 0.0.0.0:8080 --log-format json", "for others, who need tokens"),
            Example("fairlead server --webhooks webhooks.yaml --pr", "which also proposes what registries announce"),
        ),
    ),
)
