"""A vendor's record: every fact that a card may state, each with who says so and since when.

The words are those of the field: measures and programs as in OpenSanctions and FollowTheMoney,
allegation and response as in newsroom practice. Nothing here is a record of a natural person; one
may be named as the author of a statement or in sourced company background.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from bot.core.dates import WhenField

Line = Annotated[str, StringConstraints(min_length=1, max_length=2000, strip_whitespace=True)]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
WebAddress = Annotated[str, StringConstraints(pattern=r"^https?://[^\s<>\"|]+$", max_length=1000)]


class NameRole(StrEnum):
    """What a name is to the vendor. An `oem` name answers a look-up and never alerts."""

    LEGAL = "legal"
    ALIAS = "alias"
    BRAND = "brand"
    PRODUCT = "product"
    SUBSIDIARY = "subsidiary"
    FORMER = "former"
    DOMAIN = "domain"
    MODEL = "model"
    OEM = "oem"


class MatchMode(StrEnum):
    """How a name is looked for in text.

    `exact` keeps case and needs word boundaries; `word` ignores case; `substring` ignores
    boundaries too, for scripts written without spaces; `fuzzy` is `word` with typos; `context`
    counts only beside one of the name's `requires` words; `never` is recorded, not matched.
    """

    EXACT = "exact"
    WORD = "word"
    SUBSTRING = "substring"
    FUZZY = "fuzzy"
    CONTEXT = "context"
    NEVER = "never"


class MeasureKind(StrEnum):
    """What a government act does. The last three are never counted as measures in force."""

    EXPORT_CONTROL = "export_control"
    INVESTMENT_BAN = "investment_ban"
    ASSET_FREEZE = "asset_freeze"
    PROCUREMENT_BAN = "procurement_ban"
    EQUIPMENT_AUTHORISATION = "equipment_authorisation"
    IMPORT_RESTRICTION = "import_restriction"
    DESIGNATION = "designation"
    CLOSURE_ORDER = "closure_order"
    TRANSACTION_BAN = "transaction_ban"
    REGULATOR_ORDER = "regulator_order"
    BUYER_DECISION = "buyer_decision"
    INSTRUCTION = "instruction"
    INQUIRY = "inquiry"


class MeasureStatus(StrEnum):
    """Where a measure stands. `reported` means said by the press, not enacted."""

    IN_FORCE = "in_force"
    REMOVED = "removed"
    EXPIRED = "expired"
    STAYED = "stayed"
    VACATED = "vacated"
    PROPOSED = "proposed"
    REPORTED = "reported"


class AllegationStatus(StrEnum):
    """How far an allegation has come.

    `official_reason` was given by an authority and not tested in court.
    """

    ALLEGED = "alleged"
    REPORTED = "reported"
    UNDER_INVESTIGATION = "under_investigation"
    CHARGED = "charged"
    OFFICIAL_REASON = "official_reason"
    ADVISORY_FINDING = "advisory_finding"
    COURT_FINDING = "court_finding"
    SETTLED = "settled"
    WITHDRAWN = "withdrawn"
    DISPROVED = "disproved"


class ResponseKind(StrEnum):
    """What kind of answer the vendor gave."""

    DENIAL = "denial"
    STATEMENT = "statement"
    ADMISSION = "admission"
    REMEDIATION = "remediation"
    LEGAL_ACTION = "legal_action"


class Tier(StrEnum):
    """Whose word a source is."""

    OFFICIAL = "official"
    COURT = "court"
    RESEARCH = "research"
    PRESS = "press"
    SUBJECT = "subject"


class Confidence(StrEnum):
    """`unverified` claims stay off cards, counts and status sentences."""

    CONFIRMED = "confirmed"
    UNVERIFIED = "unverified"


class Stage(StrEnum):
    """Whether a court ruled for the time being or on the merits."""

    PENDING = "pending"
    INTERIM = "interim"
    MERITS = "merits"


class Record(BaseModel):
    """Frozen, and strict about keys: a misspelt key is an error, never ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Source(Record):
    """Where a claim is printed. Without a URL where the original has none we know of."""

    publisher: Line
    date: WhenField | None = Field(None, description="When it was published; none if undated.")
    tier: Tier
    url: WebAddress | None = None
    archived_url: WebAddress | None = None
    title: Line | None = None
    via: Line | None = Field(
        None, description="Where it was read, if that is a repost or another's summary."
    )
    note: Line | None = None


class Claim(Record):
    """What every sourced statement carries. `sources` are keys of the vendor's `sources`."""

    sources: tuple[str, ...] = ()
    confidence: Confidence = Confidence.CONFIRMED
    note: Line | None = Field(None, description="For curators and the JSON record, not for cards.")

    @property
    def speaks(self) -> bool:
        """Whether it may appear on a card, in a count or in a status sentence."""
        return self.confidence is Confidence.CONFIRMED


class Name(Record):
    """One way the vendor is called."""

    value: Line
    role: NameRole
    match: MatchMode = MatchMode.WORD
    script: Annotated[str, StringConstraints(pattern=r"^[A-Z][a-z]{3}$")] = Field(
        "Latn", description="ISO 15924 code, such as Latn, Hans, Hant, Cyrl."
    )
    requires: tuple[Line, ...] = Field((), description="Context words, for match: context.")
    sources: tuple[str, ...] = ()
    confidence: Confidence = Confidence.CONFIRMED
    note: Line | None = None


class NotThis(Record):
    """A look-alike that is not this vendor: text that is blocked, and why."""

    phrase: Line
    why: Line


class Examples(Record):
    """Lines that name the vendor and lines that only look so; the checks try them all."""

    match: tuple[Line, ...] = ()
    no_match: tuple[Line, ...] = ()


class Statement(Claim):
    """A neutral sentence about the vendor."""

    text: Line


class Identifiers(Record):
    """Registry numbers. None where no source we read gives one."""

    uscc: Line | None = None
    lei: Line | None = None
    wikidata: Line | None = None
    opensanctions: Line | None = None
    ofac_uid: Line | None = None
    isin: tuple[Line, ...] = ()
    ticker: tuple[Line, ...] = ()


class Related(Claim):
    """A company beside the vendor. Measures are never inherited from it or by it."""

    name: Line
    relation: Literal["parent", "subsidiary", "brand", "oem", "successor", "affiliate"]
    vendor: Slug | None = Field(None, description="Its own record, if the watchlist has one.")
    text: Line | None = None


class Measure(Claim):
    """A government act: who did what to whom under which program, and where it stands."""

    id: Slug
    kind: MeasureKind
    status: MeasureStatus
    title: Line = Field(description="What people call it: US Entity List.")
    authority: Line
    program: str | None = Field(None, description="A key of watchlists/programs.yml.")
    listed_as: Line | None = Field(None, description="The name on the list, letter for letter.")
    group_company: Line | None = Field(
        None, description="The group company it names, where it does not name the vendor itself."
    )
    citations: tuple[Line, ...] = ()
    record_id: Line | None = None
    since: WhenField = Field(description="The day of the act or listing.")
    effective_on: WhenField | None = None
    ended_on: WhenField | None = None
    binds: Line | None = Field(None, description="Whom it binds.")
    effect: Line | None = Field(None, description="What it does; default: the program's.")
    limits: Line | None = Field(None, description="What it does not do; default: the program's.")
    verified_on: WhenField | None = Field(
        None,
        description="The day the evidence of this status was read; of a list copy, its date.",
    )


class NotListed(Claim):
    """A list that was looked at and does not name the vendor."""

    program: str
    checked_on: WhenField
    text: Line | None = None


class NoResponse(Record):
    """That no answer to an allegation is on record, and what is known of the asking."""

    text: Line = Field(description="For example: did not answer RFE/RL.")
    asked_on: WhenField | None = None
    sources: tuple[str, ...] = ()


class Allegation(Claim):
    """A claim against the vendor: who made it, when, and how far it has come."""

    id: Slug
    by: Line
    date: WhenField
    status: AllegationStatus
    text: Line
    short: Line | None = Field(None, description="For the card, when `text` is long.")
    no_response: NoResponse | None = None


class Response(Claim):
    """The vendor's answer. `answers` are ids of allegations, measures or proceedings."""

    id: Slug
    by: Line
    date: WhenField | None = None
    kind: ResponseKind
    text: Line
    short: Line | None = Field(None, description="For the card, when `text` is long.")
    translated_from: Line | None = None
    answers: tuple[str, ...] = Field(min_length=1)


class Proceeding(Claim):
    """A court case. `affects` are ids of measures or allegations; an interim ruling says so."""

    id: Slug
    court: Line
    case: Line
    filed_on: WhenField | None = None
    decided_on: WhenField | None = None
    stage: Stage
    outcome: Line
    short: Line | None = Field(None, description="For the card, when `outcome` is long.")
    affects: tuple[str, ...] = ()


class Background(Claim):
    """A sourced neutral fact: ownership, sales, contracts, somebody's published analysis."""

    id: Slug
    text: Line
    by: Line | None = Field(None, description="Whose statement it is, if it is one's.")
    date: WhenField | None = None


class Review(Record):
    """Who looked at the record as a whole. `reviewed_by` stays empty until a person has."""

    status: Literal["draft", "published", "stale", "withdrawn"] = "draft"
    reviewed_on: WhenField | None = None
    reviewed_by: Line | None = None


class Vendor(Record):
    """A watched company and all that its record holds."""

    schema_: Literal["vendorwatch/1"] = Field(alias="schema")
    id: Slug
    name: Line
    native_name: Line | None = None
    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")] = Field(
        description="ISO 3166-1 alpha-2 code of the seat."
    )
    headquarters: Line
    makes: Statement
    control: Statement | None = None
    tags: tuple[Slug, ...] = ()
    names: tuple[Name, ...] = Field(min_length=1)
    not_this: tuple[NotThis, ...] = ()
    examples: Examples = Examples()
    identifiers: Identifiers = Identifiers()
    related: tuple[Related, ...] = ()
    measures: tuple[Measure, ...] = ()
    not_listed: tuple[NotListed, ...] = ()
    allegations: tuple[Allegation, ...] = ()
    responses: tuple[Response, ...] = ()
    proceedings: tuple[Proceeding, ...] = ()
    background: tuple[Background, ...] = ()
    sources: dict[Slug, Source]
    review: Review = Review()


class Program(Record):
    """A list or law under which measures are taken, explained in plain words."""

    name: Line
    authority: Line
    does: Line
    does_not: Line
    sources: dict[Slug, Source] = {}
    note: Line | None = None


class Programs(Record):
    """The file `programs.yml`: OpenSanctions program keys and what they mean."""

    schema_: Literal["vendorwatch/1"] = Field(alias="schema")
    programs: dict[str, Program]
