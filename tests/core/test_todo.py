from datetime import date

from bot.core.editing.stub import stub
from bot.core.editing.tree import vendor_of
from bot.core.todo import todo
from bot.core.vendor import Vendor
from tests.build import allegation, full_vendor, measure, name, unverified, vendor

TODAY = date(2024, 4, 1)
REVIEWED = {"reviewed_on": "2024-03-01", "reviewed_by": "R. Reader"}


def waiting(record: Vendor) -> list[str]:
    return [finding.message for finding in todo(record, TODAY)]


def test_a_confirmed_and_reviewed_record_waits_for_nothing() -> None:
    assert waiting(full_vendor(review=REVIEWED)) == []


def test_every_unverified_line_waits_for_a_person() -> None:
    record = vendor(
        allegations=[unverified(allegation(sources=[]))],
        names=[name(), name("Acmi", confidence="unverified")],
    )
    assert waiting(record) == [
        "unverified allegations 'tender' (no source)",
        "unverified name 'Acmi'",
        "no person has reviewed this record",
    ]


def test_a_status_checked_too_long_ago_waits_to_be_checked_again() -> None:
    record = full_vendor(measures=[measure(verified_on="2023-11")], review=REVIEWED)
    assert waiting(record) == ["'trade-list' was last checked Nov 2023; look again"]


def test_a_stub_waits_for_a_record() -> None:
    record = vendor_of(stub("Gizmo Eye", "gizmo-eye"))
    assert waiting(record) == ["stub: no record yet", "no person has reviewed this record"]


def test_a_record_of_drafts_alone_is_a_stub_still() -> None:
    draft = unverified(measure(sources=[]))
    record = vendor(makes={"text": "Eyes", "confidence": "unverified"}, measures=[draft])
    assert waiting(record) == [
        "stub: no record yet",
        "unverified makes 'Eyes' (no source)",
        "unverified measures 'trade-list' (no source)",
        "no person has reviewed this record",
    ]
