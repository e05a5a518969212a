"""The keys of inline values."""

from __future__ import annotations

from fairlead.domain.declaring.shapes import Field, Flag, OneOf, Record, Structure, Text
from fairlead.domain.declaring.texts import ANY_TEXT, OBJECT_NAME, SECRET_KEY, VALUE_TYPES, VARIABLE, WORD

SECRET_REF = Record(
    "secretRef",
    "A key of a Kubernetes Secret in the environment's namespace",
    (
        Field("name", OBJECT_NAME, "Name of the Secret.", required=True),
        Field("key", SECRET_KEY, "Key in its data.", required=True),
    ),
)
CLUSTER_PARAM = Record(
    "nameFrom",
    "A name taken from elsewhere",
    (Field("clusterParam", ANY_TEXT, "Name of one of the cluster's parameters.", required=True),),
)
GCE_ADDRESS = Record(
    "gceAddress",
    "An address reserved in Google Compute Engine",
    (
        Field("name", WORD, "Name of the address."),
        Field("nameFrom", CLUSTER_PARAM, "Takes the name of the address from the cluster."),
        Field("isGlobal", Flag(), "Whether the address is global instead of the cluster's region's.", default="false"),
    ),
    one_of=(OneOf(("name", "nameFrom"), "addressName", "name the address with `name` or with `nameFrom`"),),
)
GCE_RESOURCE = Record(
    "gceResource",
    "A resource in Google Compute Engine",
    (Field("address", GCE_ADDRESS, "A reserved address.", required=True),),
)
VALUE_FROM = Record(
    "valueFrom",
    "Where a value comes from: exactly one of these",
    (
        Field("gceResource", GCE_RESOURCE, "Looked up with the gcloud program, in the cluster's project and region."),
        Field("secretRef", SECRET_REF, "A Kubernetes Secret that exists. Its value is never shown."),
        Field("env", VARIABLE, "A variable of Fairlead's own environment. Its value is never shown."),
    ),
    one_of=(
        OneOf(("gceResource", "secretRef", "env"), "valueSource", "name exactly one of gceResource, secretRef and env"),
    ),
)
VALUE = Record(
    "value",
    "A Helm value",
    (
        Field(
            "key",
            ANY_TEXT,
            r"Helm's path syntax: dots between names, `\.` for a dot in a name, `[0]` for a list item.",
            required=True,
        ),
        Field(
            "value",
            Structure(),
            "The value. Its source text counts, so `1.10` stays `1.10`; lists and mappings need `type: json`.",
        ),
        Field(
            "type",
            Text(choices=VALUE_TYPES, expected="a value type"),
            "What the text of `value` becomes.",
            default="string",
        ),
        Field("valueFrom", VALUE_FROM, "Takes the value from elsewhere."),
    ),
    one_of=(
        OneOf(("value", "valueFrom"), "valueOrValueFrom", "write `value` or `valueFrom`; an empty text is `value: ''`"),
    ),
)
