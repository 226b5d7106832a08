"""The examples in fingerprint files are their tests: what each fingerprint must match, and what it must not.

An example is a text, or a table: `text` is the value of the fingerprint's field, a key with a dot (`rtsp.header`) gives
another field of the same observation, and any other key the value that a group or a claim must have.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from fingerprints.match import Rule, claims_of
from fingerprints.rules import Example, Fingerprint
from scanner.model import Fields


def failures(fingerprint: Fingerprint) -> Iterator[str]:
    """What is wrong with the examples of a fingerprint, each in a few words; nothing when all of them hold."""
    rule = Rule(fingerprint)
    for kind, examples in (("matches", fingerprint.matches), ("rejects", fingerprint.rejects)):
        if not examples:
            yield f"has no example in `{kind}`"
    for field in fingerprint.fields:
        for example in fingerprint.matches:
            yield from _not_matched(rule, field, example)
        for example in fingerprint.rejects:
            if _found(rule, field, example) and not rule.refusal(_fields(field, example)):
                yield f"matches {_text(example)!r} in {field}, which it must reject"


def _not_matched(rule: Rule, field: str, example: Example) -> Iterator[str]:
    found = _found(rule, field, example)
    if not found:
        yield f"does not match {_text(example)!r} in {field}"
    elif refusal := rule.refusal(_fields(field, example)):
        yield f"does not count for {_text(example)!r} in {field}: {refusal}"
    else:
        claimed = {claim.attribute: claim.value for claim in claims_of(rule.fingerprint, found, "http")}
        told = {**found.groupdict(), **claimed}
        for name, value in _parts(example).items():
            if name != "text" and "." not in name and told.get(name) != value:
                yield f"finds {name} {told.get(name)!r} in {_text(example)!r}, not {value!r}"


def _found(rule: Rule, field: str, example: Example) -> re.Match[str] | None:
    """Where the pattern matches the text of an example, whatever the further conditions say."""
    text = _parts(example)["text"]
    lowered = text.lower()
    if rule.literals and not any(literal in lowered for literal in rule.literals):
        return None  # as the matcher does: an example also tests the literals
    return rule.matched(text)


def _fields(field: str, example: Example) -> Fields:
    """The fields of the observation that an example stands for."""
    parts = _parts(example)
    fields = {name: (value,) for name, value in parts.items() if "." in name}
    return {**fields, field: (parts["text"], *fields.get(field, ()))}


def _parts(example: Example) -> dict[str, str]:
    return {"text": example} if isinstance(example, str) else example


def _text(example: Example) -> str:
    return _parts(example)["text"][:80]
