"""What of an API server's words people may see: everything that helps, nothing of the object that was sent.

The server quotes the values it dislikes, sometimes whole objects, sometimes the bytes around a mistake. Short plain
values stay (`-1` explains itself); maps, lists, long texts and everything that came out of a Secret go.
"""

from __future__ import annotations

import re

LEFT_OUT = "(value left out)"
_LONGEST_VALUE = 64
_LONGEST_TEXT = 1000
_OPEN, _CLOSE = "{[(", "}])"
_VALUE = re.compile(r"^(?P<kind>(?:Invalid|Unsupported|Duplicate) value|Too long): ")
_GO_VALUE = re.compile(r", got &.*", re.DOTALL)
_PATCH = re.compile(r"^failed to create typed patch object \([^)]*\): ")
_CONTEXT = re.compile(r",? ?error found in #\d+ byte of .*", re.DOTALL)
_QUOTED = re.compile(r'"(?:[^"\\]|\\.){65,}"', re.DOTALL)


def scrub(text: str, secrets: tuple[str, ...]) -> str:
    """Return a server's message without values from the object."""
    text = _GO_VALUE.sub("", _CONTEXT.sub("", _PATCH.sub("", text)))
    text = _QUOTED.sub(LEFT_OUT, text)
    for secret in secrets:
        text = text.replace(secret, LEFT_OUT) if len(secret) > 2 else re.sub(_alone(secret), LEFT_OUT, text)
    return text if len(text) <= _LONGEST_TEXT else text[:_LONGEST_TEXT] + "..."


def cause_text(field: str, message: str, secrets: tuple[str, ...]) -> str:
    """Return one cause of a refusal as `field: what is wrong`."""
    if found := _VALUE.match(message):
        value, detail = _split_value(message[found.end() :])
        if len(value) > _LONGEST_VALUE or value[:1] in _OPEN or value.startswith(("map[", "&", "<")):
            message = detail or f"{found['kind'].lower()}"
        else:
            message = f"{found['kind']} {value}" + (f": {detail}" if detail else "")
    message = scrub(message, secrets)
    return f"{field}: {message}" if field and field != "<nil>" else message


def _split_value(text: str) -> tuple[str, str]:
    """Split `VALUE: detail` where quotes and brackets of the value are balanced."""
    depth, quoted, position = 0, False, 0
    while position < len(text):
        character = text[position]
        if quoted:
            position += character == "\\"
            quoted = character != '"'
        elif depth == 0 and text.startswith(": ", position):
            return text[:position], text[position + 2 :]
        else:
            quoted = character == '"'
            depth += (character in _OPEN) - (character in _CLOSE)
        position += 1
    return text, ""


def _alone(secret: str) -> str:
    # A value of one or two characters occurs in every sentence; only where it stands alone is it the value.
    return rf"(?<!\w){re.escape(secret)}(?!\w)"
