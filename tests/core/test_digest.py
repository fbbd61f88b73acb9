import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone

from hypothesis import example, given
from hypothesis import strategies as st

from bot.core.digest import Held, digest, trial
from bot.core.document import (
    Actions,
    Bullets,
    Button,
    Document,
    Heading,
    Link,
    Paragraph,
    plain,
    runs,
    size,
)
from bot.platforms.console.render import to_text
from bot.platforms.matrix.render import MOST_BYTES
from bot.platforms.matrix.render import render as matrix
from bot.platforms.slack.render import MOST_BLOCKS, MOST_CHARACTERS, MOST_JSON
from bot.platforms.slack.render import render as slack
from tests.platforms.hostile import ADDRESSES, ATTACKS, texts, thoroughly

NOON = datetime(2024, 5, 6, 12, tzinfo=UTC)
LEAD = "Held back during quiet hours."


def held(
    vendor: str = "nadir", hours: float = 0, title: str | None = "Title", link: str | None = None
) -> Held:
    at = NOON + timedelta(hours=hours)
    return Held(vendor, vendor.capitalize(), "new story", at, title, link)


def lines(document: Document) -> list[str]:
    return [plain(run) for block in document.blocks for run in runs(block)]


def buttons(document: Document) -> list[Button]:
    return [b for block in document.blocks if isinstance(block, Actions) for b in block.buttons]


def test_a_digest_has_a_bullet_and_a_button_for_each_vendor() -> None:
    told = digest(
        [
            held("nadir", 0, "Nadir wins", "https://vale.example/1"),
            held("harrow", 1, None),
            held("nadir", 2, "Nadir loses", "https://vale.example/2"),
        ],
        lead=LEAD,
    )
    assert lines(told) == [
        "3 mentions of 2 vendors",
        LEAD,
        "Nadir: 2 mentions (new story): “Nadir loses” (6 May 14:00); “Nadir wins” (6 May 12:00).",
        "Harrow: 1 mention (new story): in a message (6 May 13:00).",
        "Times are in UTC.",
        "Show card: Nadir",
        "Show card: Harrow",
    ]
    assert [button.line for button in buttons(told)] == ["vendor nadir", "vendor harrow"]
    assert told.summary == f"{LEAD} 3 mentions of 2 vendors."
    assert isinstance(told.blocks[0], Heading)


def test_titles_are_links_and_a_message_is_one_where_it_has_an_address() -> None:
    told = digest(
        [held(link="https://vale.example/1"), held("b", title=None, link="https://chat.example/2")],
        lead=LEAD,
    )
    found = [p for block in told.blocks for run in runs(block) for p in run if isinstance(p, Link)]
    assert found == [
        Link("“Title”", "https://vale.example/1"),
        Link("in a message", "https://chat.example/2"),
    ]


def test_only_the_newest_three_titles_are_told_and_each_once() -> None:
    many = [held("nadir", hour, f"Title {hour}") for hour in range(5)]
    told = digest([*many, held("nadir", 5, "Title 4")], lead=LEAD)
    assert lines(told)[2] == (
        "Nadir: 6 mentions (new story), newest: “Title 4” (6 May 17:00); “Title 3” (6 May 15:00);"
        " “Title 2” (6 May 14:00)."
    )


def test_times_of_other_zones_are_told_in_utc() -> None:
    at = datetime(2024, 5, 7, 1, 30, tzinfo=timezone(timedelta(hours=2)))
    told = digest([Held("nadir", "Nadir", "new story", at, "Title", None)], lead=LEAD)
    assert "(6 May 23:30)" in lines(told)[2]


def test_the_vendors_with_most_mentions_come_first_and_the_rest_are_counted() -> None:
    many = [held(f"v{n}", n) for n in range(13)] + [held("v0", 20), held("v0", 21)]
    told = digest(many, lead=LEAD)
    (bullets,) = [block for block in told.blocks if isinstance(block, Bullets)]
    names = [plain(item.text).split(":")[0] for item in bullets.items]
    assert names == ["V0", *(f"V{n}" for n in range(12, 3, -1))]
    assert "And 3 more vendors with 3 mentions." in lines(told)
    assert len(buttons(told)) == 10
    one_more = digest([held(f"v{n}") for n in range(11)], lead=LEAD)
    assert "And 1 more vendor with 1 mention." in lines(one_more)


def test_a_vendor_without_room_for_its_titles_is_still_named() -> None:
    long = [held(f"v{n}", hour, "龍" * 500 + str(hour)) for n in range(10) for hour in range(3)]
    told = digest(long, lead=LEAD)
    assert [line.split(" (")[0] for line in lines(told)[2:12]] == [
        f"V{n}: 3 mentions" for n in range(10)
    ]


def test_a_trial_says_that_nothing_was_posted_and_how_to_turn_alerts_on() -> None:
    told = trial([held()])
    (lead,) = [block for block in told.blocks if isinstance(block, Paragraph)]
    assert "nothing of this was posted" in plain(lead.text)
    assert "An admin can turn them on." in plain(lead.text)
    assert lines(told)[2:] == lines(digest([held()], lead=LEAD))[2:]


def test_an_empty_digest_is_still_a_document() -> None:
    assert lines(digest([], lead=LEAD)) == ["0 mentions of 0 vendors", LEAD]


_TIMES = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis wants the bounds without zones
_ADDRESSES = st.sampled_from(ADDRESSES) | st.integers(0, 900).map(
    lambda n: "https://example.org/?" + "&" * n
)
_HELD = st.builds(
    Held,
    vendor=st.integers(0, 14).map(str) | texts(40),
    name=texts(40),
    reason=texts(40),
    at=_TIMES,
    title=st.none() | texts(400),
    link=st.none() | _ADDRESSES,
)


@thoroughly
@given(st.lists(_HELD, max_size=60), texts(400))
def test_no_words_make_a_digest_too_long_for_a_platform(many: Sequence[Held], lead: str) -> None:
    within_every_budget(digest(many, lead=lead))


@thoroughly
@given(
    st.sampled_from([*ATTACKS, "'", "&", "@room ", "matrix.to/", "\U0001f600", '"']),
    st.sampled_from(["https://example.org/" + "&" * 480, "https://a.example", None]),
)
@example("\\", None)
def test_the_worst_of_titles_all_over_do_not_either(attack: str, link: str | None) -> None:
    many = [
        Held(f"{'v' * 90}-{n}", attack * 99, attack * 99, NOON, f"{n}{t}" + attack * 99, address)
        for n in range(12)
        for t, address in enumerate((None, link, link))
    ]
    within_every_budget(digest(many, lead=attack * 400))


def within_every_budget(told: Document) -> None:
    assert size(told.blocks) <= MOST_CHARACTERS
    on_slack = slack(told)
    assert len(on_slack.blocks) <= MOST_BLOCKS
    drawn = json.dumps(on_slack.blocks, ensure_ascii=False, separators=(",", ":"))
    assert len(drawn) <= MOST_JSON
    on_matrix = matrix(told)
    assert len((on_matrix.body + on_matrix.formatted_body).encode()) <= MOST_BYTES
    for shown in (drawn, on_matrix.body, on_matrix.formatted_body, to_text(told)):
        assert "… shortened" not in shown
        assert "Show card" in shown or not buttons(told)
    assert all(len(button.line) <= 200 for button in buttons(told))
