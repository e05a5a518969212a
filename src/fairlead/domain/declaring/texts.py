"""Kinds of texts in declared files: what each may look like, in a pattern and in words."""

from __future__ import annotations

from fairlead.domain.declaring.shapes import Text

# A leading dash would be an option to the program that gets the text as an argument.
WORD = Text(r"[^-\s\x00-\x1f\x7f][^\s\x00-\x1f\x7f]*", "a word without spaces that does not start with a dash")
NAME = Text(
    r"[A-Za-z0-9][A-Za-z0-9._-]{0,252}",
    "letters, digits, dots, dashes and underscores, starting with a letter or digit",
)
RELEASE_NAME = Text(
    r"[a-z0-9]([a-z0-9-]{0,51}[a-z0-9])?", "at most 53 lower-case letters, digits and dashes, none at the ends"
)
GROUP = Text(
    r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", "at most 63 lower-case letters, digits and dashes, none at the ends"
)
NAMESPACE = Text(
    r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", "at most 63 lower-case letters, digits and dashes, none at the ends"
)
OBJECT_NAME = Text(
    r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?", "a Kubernetes object name: lower-case letters, digits, dots and dashes"
)
SECRET_KEY = Text(r"[A-Za-z0-9._-]{1,253}", "letters, digits, dots, dashes and underscores")
VARIABLE = Text(r"[A-Za-z_][A-Za-z0-9_]*", "the name of an environment variable")
_LABEL = r"([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)"
LABEL_KEY = Text(rf"([a-z0-9]([a-z0-9.-]{{0,251}}[a-z0-9])?/)?{_LABEL}", "a Kubernetes label key")
LABEL_VALUE = Text(rf"{_LABEL}?", "a Kubernetes label value: at most 63 letters, digits, dots, dashes and underscores")
DURATION = Text(r"([0-9]{1,6}(\.[0-9]{1,3})?(ms|s|m|h))+", "a duration such as 90s, 5m or 1h30m")
AGE = Text(r"[0-9]{1,5}[mhdw]", "an age such as 12h, 3d or 2w")
PLATFORM = Text(r"[a-z0-9]+/[a-z0-9_]+(/[a-z0-9.]+)?", "OS/ARCHITECTURE or OS/ARCHITECTURE/VARIANT")
HISTORY = Text(expected="a number from 2 to 100", bounds=(2, 100))
ANY_TEXT = Text(r"[^\x00-\x1f\x7f]*", "one line of text")
VALUE_TYPES = ("string", "integer", "number", "boolean", "json")
