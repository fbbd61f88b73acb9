from collections.abc import Mapping

import pytest

from bot.core.editorial import check, check_all
from bot.core.finding import Finding
from bot.core.vendor import Program, Vendor
from tests.build import (
    allegation,
    background,
    full_vendor,
    measure,
    name,
    proceeding,
    program,
    response,
    source,
    unverified,
    vendor,
)

DID_YOU_MEAN = "; did you mean 'ZZ-TRADE'?"
PROGRAMS = {"ZZ-TRADE": program(), "ZZ-BUY": program()}


def errors(record: Vendor, programs: Mapping[str, Program] = PROGRAMS) -> list[str]:
    return [line(each) for each in check(record, programs) if each.is_error]


def warnings(record: Vendor) -> list[str]:
    return [line(each) for each in check(record, PROGRAMS) if not each.is_error]


def line(finding: Finding) -> str:
    return f"{'.'.join(map(str, finding.path))}: {finding.message}"


def test_the_builders_make_records_that_meet_the_standard() -> None:
    for record in (vendor(), full_vendor(), vendor(allegations=[allegation()])):
        assert check(record, {}) == ()
    assert check_all([vendor(), full_vendor("zenit-optics")]) == ()


def test_an_id_stands_for_one_thing_in_a_record() -> None:
    record = full_vendor(background=[background("denial"), background("denial")])
    assert errors(record) == [
        "background.0.id: the id 'denial' is already one of the responses",
        "background.1.id: the id 'denial' is already one of the responses",
    ]


def test_every_claim_names_a_source_of_this_file() -> None:
    record = full_vendor(
        makes={"text": "Cameras", "sources": ["own-sight"]},
        control={"text": "Privately owned"},
        names=[name(sources=["gone"])],
        measures=[measure(sources=[])],
        allegations=[allegation(no_response={"text": "None known.", "sources": ["gone"]})],
        responses=[],
        background=[background(sources=["own-site", "gone"])],
        related=[{"name": "Acme Lens", "relation": "brand"}],
        not_listed=[{"program": "ZZ-BUY", "checked_on": "2024-03-01"}],
    )
    assert errors(record) == [
        "control: a confirmed claim needs at least one source",
        "related.0: a confirmed claim needs at least one source",
        "not_listed.0: a confirmed claim needs at least one source",
        "measures.0: a confirmed claim needs at least one source",
        "makes.sources.0: there is no source 'own-sight' in this file",
        "allegations.0.no_response.sources.0: there is no source 'gone' in this file",
        "background.0.sources.1: there is no source 'gone' in this file",
        "names.0.sources.0: there is no source 'gone' in this file",
    ]


def test_an_unverified_claim_may_wait_for_its_source() -> None:
    assert errors(vendor(measures=[unverified(measure(sources=[]))])) == []


def test_a_source_that_nothing_uses_is_worth_a_look() -> None:
    assert warnings(vendor(sources={"spare": source()})) == [
        "sources.spare: no claim uses the source 'spare'"
    ]


def test_a_response_answers_and_a_ruling_affects_something_in_the_record() -> None:
    record = full_vendor(
        responses=[response(answers=["tender", "trade-list", "appeal", "sales", "nothing"])],
        proceedings=[proceeding(affects=["tender", "trade-list", "denial"])],
    )
    assert errors(record) == [
        "responses.0.answers.3: there is no allegation, measure or proceeding 'sales' to answer",
        "responses.0.answers.4: there is no allegation, measure or proceeding 'nothing' to answer",
        "proceedings.0.affects.2: there is no measure or allegation 'denial' to affect",
    ]


def test_a_programme_is_one_of_programs_yml() -> None:
    record = vendor(
        measures=[measure(program="ZZ-TARDE"), measure("other", program="ZZ-BUY")],
        not_listed=[{"program": "EU-X", "checked_on": "2024-03-01", "sources": ["own-site"]}],
    )
    assert errors(record) == [
        "measures.0.program: there is no programme 'ZZ-TARDE' in programs.yml" + DID_YOU_MEAN,
        "not_listed.0.program: there is no programme 'EU-X' in programs.yml",
    ]


def test_an_allegation_stands_with_its_answer_or_says_that_there_is_none() -> None:
    silent = vendor(allegations=[allegation(no_response=None)])
    assert errors(silent) == [
        "allegations.0: an allegation needs a response that answers it, or 'no_response'"
    ]


def test_an_allegation_that_does_not_speak_may_wait_for_its_answer() -> None:
    draft = vendor(allegations=[unverified(allegation(no_response=None))])
    assert errors(draft) == []
    assert warnings(draft) == [
        (
            "allegations.0: an allegation needs a response that answers it, or 'no_response', "
            "before it can be confirmed"
        )
    ]


def test_silence_towards_one_who_asked_may_stand_beside_an_answer_given_elsewhere() -> None:
    assert check(vendor(allegations=[allegation()], responses=[response()]), {}) == ()


def test_an_answer_that_cannot_be_said_aloud_is_worth_a_look() -> None:
    record = vendor(allegations=[allegation(no_response=None)], responses=[unverified(response())])
    assert errors(record) == []
    assert warnings(record) == [
        "allegations.0: the only response to it is unverified, so the card shows it without one"
    ]
    quiet = vendor(
        allegations=[unverified(allegation(no_response=None))], responses=[unverified(response())]
    )
    assert warnings(quiet) == []


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"verified_on": None},
         ": a measure in force needs 'verified_on', the day the evidence was read"),
        ({"verified_on": None, "confidence": "unverified"}, None),
        ({"verified_on": None, "kind": "buyer_decision"}, None),
        ({"verified_on": None, "kind": "instruction"}, None),
        ({"verified_on": None, "kind": "inquiry"}, None),
        ({"verified_on": None, "status": "reported"}, None),
        ({"status": "removed"}, ": a measure that is removed needs 'ended_on'"),
        ({"status": "expired"}, ": a measure that is expired needs 'ended_on'"),
        ({"status": "vacated"}, None),
        ({"status": "vacated", "ended_on": "2020"}, None),
        ({"status": "removed", "ended_on": "2020-01-01"}, None),
        ({"ended_on": "2020"}, ".ended_on: a measure that is in_force has not ended"),
        ({"status": "stayed", "ended_on": "2020"},
         ".ended_on: a measure that is stayed has not ended"),
        ({"status": "removed", "ended_on": "2019-10-08"},
         ".ended_on: it ended before it began, 2019-10-09"),
        ({"status": "removed", "ended_on": "2019-09"},
         ".ended_on: it ended before it began, 2019-10-09"),
        ({"status": "removed", "ended_on": "2018"},
         ".ended_on: it ended before it began, 2019-10-09"),
        ({"status": "removed", "ended_on": "2019-10"}, None),
        ({"status": "removed", "ended_on": "2019"}, None),
        ({"status": "removed", "since": "2020-02-29", "ended_on": "2020-02"}, None),
    ],
)  # fmt: skip
def test_a_measure_says_when_it_was_checked_and_when_it_ended(
    changes: dict[str, str | None], found: str | None
) -> None:
    expected = [] if found is None else [f"measures.0{found}"]
    assert errors(vendor(measures=[measure("trade-list", **changes)])) == expected


def test_a_courts_finding_needs_the_word_of_a_court_or_an_authority() -> None:
    def found(tier: str) -> list[str]:
        claim = allegation(status="court_finding", sources=["paper"])
        return errors(vendor(allegations=[claim], sources={"paper": source(tier=tier)}))

    assert found("press") == [
        "allegations.0: a court's finding needs a source of tier court or official"
    ]
    assert found("court") == found("official") == []


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"match": "context"}, "match: a name with match: context needs words in 'requires'"),
        ({"match": "context", "requires": ["camera"]}, None),
        ({"requires": ["camera"]},
         "requires: 'requires' counts only with match: context, not word"),
        ({"value": "AC1"}, "match: 'AC1' is too short for word; use exact, context or never"),
        ({"value": "A.C.", "match": "fuzzy"},
         "match: 'A.C.' is too short for fuzzy; use exact, context or never"),
        ({"value": "AC1", "match": "exact"}, None),
        ({"value": "AC1", "match": "never"}, None),
        ({"value": "AC1", "role": "oem"}, None),
        ({"value": "Acme"}, None),
        ({"value": "Co., Ltd."},
         "match: 'Co., Ltd.' only says a legal form; match: exact, context or never"),
        ({"value": "Holdings"},
         "match: 'Holdings' only says a legal form; match: exact, context or never"),
        ({"value": "有限公司", "script": "Hans", "match": "substring"},
         "match: '有限公司' only says a legal form; match: exact, context or never"),
        ({"value": "珂美", "script": "Hans", "match": "substring"}, None),
        ({"value": "珂", "script": "Hans", "match": "substring"},
         "match: '珂' is too short for substring; use exact, context or never"),
        ({"value": "阿珂美", "match": "substring"},
         "value: '阿' is no Latin letter; give the name's script, such as Hans"),
        ({"value": "Аcme"}, "value: 'А' is no Latin letter; give the name's script, such as Hans"),
        ({"value": "Société Acmé"}, None),
        ({"value": "acme.example", "role": "domain"}, None),
        ({"value": "cams.acme-cam.co.example", "role": "domain"}, None),
        ({"value": "acme.xn--p1ai", "role": "domain"}, None),
        ({"value": "https://acme.example", "role": "domain"},
         "value: 'https://acme.example' is no domain such as acme.example"),
        ({"value": "acme", "role": "domain"}, "value: 'acme' is no domain such as acme.example"),
        ({"value": "-acme.example", "role": "domain"},
         "value: '-acme.example' is no domain such as acme.example"),
    ],
)  # fmt: skip
def test_a_name_is_not_looked_for_more_loosely_than_it_can_bear(
    changes: dict[str, object], found: str | None
) -> None:
    expected = [] if found is None else [f"names.1.{found}"]
    value = str(changes.get("value", "Camex"))
    others = {key: change for key, change in changes.items() if key != "value"}
    assert errors(vendor(names=[name("Acme Cam"), name(value, **others)])) == expected


def test_a_name_is_listed_once_for_each_way_of_matching() -> None:
    twice = [name("Acme Cam"), name("ＡＣＭＥ  cam", role="former")]
    assert errors(vendor(names=twice)) == [
        "names.1.value: the name 'ＡＣＭＥ  cam' is already listed with match: word"
    ]
    assert errors(vendor(names=[name("Acme Cam"), name("Acme Cam", match="exact")])) == []
    assert errors(vendor(names=[name("ACME", match="exact"), name("Acme", match="exact")])) == []


def test_a_look_alike_does_not_block_the_name_itself() -> None:
    record = vendor(not_this=[{"phrase": "ACME CAM", "why": "A band."}])
    assert errors(record) == ["names.0.value: 'not_this' blocks the name 'Acme Cam' itself"]
    silent = name("Acme Band", match="never")
    look_alike = {"phrase": "Acme Band", "why": "A band."}
    assert errors(vendor(names=[name("Acme Cam"), silent], not_this=[look_alike])) == []


def test_a_record_whose_own_name_is_not_looked_for_is_worth_a_look() -> None:
    assert warnings(vendor(names=[name("Acmecam")])) == [
        "name: 'Acme Cam' is not among the names, so no text is searched for it"
    ]


def shared(one: dict[str, object], other: dict[str, object]) -> list[str]:
    records = [
        vendor("zenit", names=[name("Zenit"), name("EYES", **other)]),
        vendor("acme", names=[name("Acme"), name("Eyes", **one)]),
    ]
    return [f"{each.vendor} {line(each)}" for each in check_all(records)]


def test_a_name_does_not_alert_for_two_vendors() -> None:
    found = "zenit names.1.value: the name 'EYES' also alerts for 'acme'"
    assert shared({}, {}) == [f"{found}; make it match: context in one of the two"]
    assert shared({"match": "exact"}, {}) == shared({}, {})
    assert shared({"match": "context", "requires": ["camera"]}, {}) == []
    assert shared({}, {"match": "never"}) == []
    assert shared({"role": "oem"}, {}) == []
    assert shared({"match": "exact"}, {"match": "exact"}) == []
    spelt_alike = [vendor(each, names=[name("EYES", match="exact")]) for each in ("acme", "zenit")]
    assert len(check_all(spelt_alike)) == 1
    assert check_all([vendor(names=[name("Eyes"), name("Eyes", match="exact")])]) == ()


def test_a_related_vendor_is_on_the_watchlist() -> None:
    other = {"name": "Zenit", "relation": "affiliate", "sources": ["own-site"]}
    record = vendor(
        related=[other | {"vendor": "zenit-optic"}, other | {"vendor": "boreal"}, other]
    )
    found = [line(each) for each in check_all([record, vendor("zenit-optics"), vendor("boreal")])]
    assert found == [
        "related.0.vendor: there is no vendor 'zenit-optic'; did you mean 'zenit-optics'?"
    ]


FREEZE = measure("freeze", kind="asset_freeze", title="Freeze")


def test_sanctioned_is_said_only_of_an_asset_freeze_in_force() -> None:
    makes = {"text": "Sanctioned camera maker", "sources": ["own-site"]}
    refused = [
        "makes.text: 'sanctioned' is said only of an asset freeze in force; name the measure"
    ]
    assert errors(vendor(makes=makes)) == refused
    assert errors(vendor(makes=makes, measures=[measure()])) == refused
    assert errors(vendor(makes=makes, measures=[unverified(FREEZE)])) == refused
    ended = measure("freeze", kind="asset_freeze", status="removed", ended_on="2021")
    assert errors(vendor(makes=makes, measures=[ended])) == refused
    assert errors(vendor(makes=makes, measures=[FREEZE])) == []


def test_every_sentence_of_a_record_is_read_for_words_that_judge() -> None:
    record = full_vendor(
        makes={"text": "Notorious cameras", "sources": ["own-site"]},
        control={"text": "An infamous family", "sources": ["own-site"]},
        measures=[measure(effect="shady", limits="shady", binds="shady")],
        allegations=[
            allegation(text="It is linked to", short="linked to", no_response=None),
            allegation("second", no_response={"text": "controversial"}),
        ],
        responses=[response(text="It claimed", short="claimed")],
        proceedings=[proceeding(outcome="disgraced", short="disgraced")],
        background=[background(text="Blacklisted")],
    )
    assert [found.split(":")[0] for found in warnings(record)] == [
        "makes.text",
        "control.text",
        "measures.0.binds",
        "measures.0.effect",
        "measures.0.limits",
        "allegations.0.text",
        "allegations.0.short",
        "allegations.1.no_response.text",
        "responses.0.text",
        "responses.0.short",
        "proceedings.0.short",
        "proceedings.0.outcome",
        "background.0.text",
    ]
    assert warnings(record)[0] == (
        "makes.text: 'notorious' is a judgement: leave it out, or quote who said it"
    )


@pytest.mark.parametrize(
    "text",
    [
        'The ministry called it "notorious".',
        "The ministry called it “notorious, even infamous”.",
        "The ministry called it 'notorious'.",
        "The ministry's note didn't say 'the firm's notorious cameras' twice.",
        "The ministry called it ‘notorious’.",
        "Das Amt nannte es „notorious“.",
        "The Notoriouss company.",
    ],
)
def test_what_stands_in_quotation_marks_is_somebodys_word(text: str) -> None:
    assert warnings(vendor(makes={"text": text, "sources": ["own-site"]})) == []


@pytest.mark.parametrize(
    "text",
    [
        'A "large" and notorious maker of "cameras".',
        "The firm's notorious cameras' lenses.",
        'An unclosed "quote and a notorious camera.',
    ],
)
def test_a_word_beside_quotation_marks_is_our_own(text: str) -> None:
    assert len(warnings(vendor(makes={"text": text, "sources": ["own-site"]}))) == 1


def test_example_lines_are_tried_against_all_names() -> None:
    lines = {"match": ["An Acme Cam dome", "A dome"], "no_match": ["A hat", "My Acme Cam"]}
    assert [line(each) for each in check_all([vendor(examples=lines)])] == [
        "examples.match.1: this line does not name it",
        "examples.no_match.1: this line names it",
    ]
