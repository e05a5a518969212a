"""Commands that read or write files, and need no cluster for it."""

from __future__ import annotations

from fairlead.cli.entries.entry import AUTHOR, INSPECT, Entry, Example

FILES = (
    Entry(
        "list",
        INSPECT,
        "List declared clusters, environments or releases.",
        (
            Example("fairlead list environments", "what can be deployed to"),
            Example("fairlead list releases test -l tier=web", "releases of an environment, by label"),
        ),
    ),
    Entry(
        "values",
        INSPECT,
        "Show a release's effective values and their origin.",
        (
            Example("fairlead values test web", "each value with the file and line that set it"),
            Example("fairlead values test web --output json", "the same for programs"),
        ),
    ),
    Entry(
        "render",
        INSPECT,
        "Print the manifests as they would be applied.",
        (
            Example("fairlead render test -r web", "a YAML stream"),
            Example("fairlead render test --kube-version 1.33", "without a cluster"),
        ),
    ),
    Entry(
        "fmt",
        AUTHOR,
        "Bring YAML files into one layout; comments and meaning stay.",
        (
            Example("fairlead fmt environments.yaml apps/*.yaml", "two spaces a level, lists below their keys"),
            Example("fairlead fmt --check apps/*.yaml", "for CI: exit 1 when a file is in another layout"),
        ),
    ),
    Entry(
        "json2yaml",
        AUTHOR,
        "Convert JSON to YAML.",
        (
            Example("fairlead json2yaml values.json", "print it as YAML, numbers as they are written"),
            Example("kubectl get deployment web -o json | fairlead json2yaml", "from standard input"),
        ),
    ),
    Entry(
        "yaml2json",
        AUTHOR,
        "Convert YAML to JSON, read as Helm and kubectl read it.",
        (
            Example("fairlead yaml2json values.yaml", "print it as JSON, one value for each document"),
            Example("fairlead render test | fairlead yaml2json | jq .kind", "from standard input"),
        ),
    ),
    Entry(
        "new",
        AUTHOR,
        "Write a commented starter repository.",
        (Example("fairlead new shop", "a repository in the directory shop that lints and deploys"),),
    ),
    Entry(
        "lint",
        AUTHOR,
        "Check the declared state; exit 2 on errors.",
        (
            Example("fairlead lint", "all environments, without any network"),
            Example("fairlead lint test --online", "also against the cluster's own API"),
        ),
    ),
    Entry(
        "schema",
        AUTHOR,
        "Print a JSON schema: of the files, or of the output.",
        (
            Example("fairlead schema environments > environments.schema.json", "for editors"),
            Example("fairlead schema webhooks", "for files of `fairlead webhooks --config`"),
            Example("fairlead schema output", "for programs that read --output json"),
        ),
    ),
)
