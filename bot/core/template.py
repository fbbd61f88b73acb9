"""A new vendor's file: valid as it stands, and telling what goes where."""

import json
import unicodedata

SLUG_LENGTH = 60
SHORTEST_WORD = 4
"""Letters; see `bot.core.naming`."""

_TEMPLATE = """\
# yaml-language-server: $schema=../schema.json
# A draft: it watches for the name and says nothing yet. watchlists/README.md explains every field.
# Every claim names its author, date and source; what you cannot confirm is confidence: unverified.
schema: vendorwatch/1
id: {slug}
name: {name}
# native_name: its own script, if not Latin
country: ZZ  # two letters, ISO 3166-1; ZZ until you know
headquarters: unknown
makes:
  confidence: unverified  # until `sources` names one that says so
  text: what it makes, in neutral words, without a full stop
# control:
#   sources: [example-2024]
#   text: who controls it
tags: []

names:
  # match: word (any case), exact, substring (for scripts without spaces), context (with requires)
  # or never. A name of under four letters is exact at most: too much else is called so.
  - {{value: {name}, role: alias, match: {mode}}}

# Lines that must name it, and look-alikes that must not: the checks try them all.
examples:
  match:
    - {match}
  no_match: []

# measures:                  # what a government did; one buyer's choice is kind buyer_decision
#   - sources: [example-2024]
#     id: some-list
#     kind: export_control
#     status: in_force
#     title: what people call it
#     authority: who did it
#     since: "2024-03-01"    # a day, a month (2024-03) or a year; ~ at the end where inferred
#     effect: what it does
#     limits: what it does not do
#     verified_on: "2024-05-01"

# allegations:               # who says what, since when, how far it has come; and the answer to it
#   - sources: [example-2024]
#     id: some-claim
#     by: who says so
#     date: "2024-03"
#     status: reported
#     text: what is said, in neutral words
#     no_response:           # or a response below that answers it
#       text: what was asked and when, if known

# responses:
#   - sources: [example-2024]
#     id: r-some-claim
#     by: {plain}
#     date: "2024-03"
#     kind: denial
#     text: what the vendor answers
#     answers: [some-claim]

sources: {{}}
#   example-2024:
#     publisher: Example Times
#     date: "2024-03-01"
#     tier: press            # official, court, research, press or subject
#     url: https://example.org/article

review:
  status: draft
"""


def slug(name: str) -> str:
    """Make an id of a name: `Acme Cam` gives `acme-cam`; empty without a Latin letter or digit."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    letters = "".join(
        ch if ch.isascii() and ch.isalnum() else " "
        for ch in plain
        if not unicodedata.combining(ch)
    )
    return "-".join(letters.split())[:SLUG_LENGTH].strip("-")


def template(name: str, id_: str) -> str:
    """Write the commented file of a vendor known by name alone."""
    quoted = json.dumps(name, ensure_ascii=False)
    line = json.dumps(f"The quote lists two {name} cameras", ensure_ascii=False)
    mode = "word" if sum(ch.isalpha() for ch in name) >= SHORTEST_WORD else "exact"
    plain = " ".join(name.split())
    return _TEMPLATE.format(slug=id_, name=quoted, match=line, plain=plain, mode=mode)
