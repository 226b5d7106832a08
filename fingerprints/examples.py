"""The examples in fingerprint files are their tests: what each fingerprint must match, and what it must not.

An example is a text, or a table: `text` is the value of the fingerprint's field, a key with a dot (`rtsp.header`) gives
another field of the same observation, and any other key the value that a group or a claim must have.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from fingerprints.match import Rule, claims_of
from fingerprints.rules import Example, Fingerprint


def failures(fingerprint: Fingerprint) -> Iterator[str]:
    """What is wrong with a fingerprint's examples, one sentence each; nothing when all of them hold."""
    rule = Rule(fingerprint)
    for kind, examples in (("matches", fingerprint.matches), ("rejects", fingerprint.rejects)):
        if not examples:
            yield f'"{fingerprint.id}" has no example in `{kind}`'
    for field in fingerprint.fields:
        for example in fingerprint.matches:
            yield from _not_matched(rule, field, example)
        for example in fingerprint.rejects:
            if _search(rule, field, example):
                yield f'"{fingerprint.id}" matches {_text(example)!r} in {field}, which it must reject'


def _not_matched(rule: Rule, field: str, example: Example) -> Iterator[str]:
    found = _search(rule, field, example)
    if not found:
        yield f'"{rule.fingerprint.id}" does not match {_text(example)!r} in {field}'
        return
    claimed = {claim.attribute: claim.value for claim in claims_of(rule.fingerprint, found, "http")}
    told = {**found.groupdict(), **claimed}
    for name, value in _parts(example).items():
        if name != "text" and "." not in name and told.get(name) != value:
            yield f'"{rule.fingerprint.id}" finds {name} {told.get(name)!r} in {_text(example)!r}, not {value!r}'


def _search(rule: Rule, field: str, example: Example) -> re.Match[str] | None:
    parts = _parts(example)
    fields: dict[str, tuple[str, ...]] = {name: (value,) for name, value in parts.items() if "." in name}
    fields[field] = (parts["text"], *fields.get(field, ()))
    lowered = parts["text"].lower()
    if rule.literals and not any(text in lowered for text in rule.literals):
        return None  # as the matcher does: an example also tests the literals
    return rule.search(parts["text"], fields)


def _parts(example: Example) -> dict[str, str]:
    return {"text": example} if isinstance(example, str) else example


def _text(example: Example) -> str:
    return _parts(example)["text"][:80]
