"""The judge that knows the watchlist: what it decides, and in which words it is told."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from bot.core.cards import Desk
from bot.core.document import Actions
from bot.core.judge import WatchlistJudge
from bot.core.mention import Cause, Channel, Match, MatchKind, Mention
from bot.core.policy import (
    Form,
    History,
    Hold,
    HoldReason,
    Post,
    PostReason,
    Situation,
    Skip,
    SkipReason,
    Telling,
    Told,
    together,
)
from bot.core.settings import Mode, Settings
from bot.core.watchlist import Watchlist
from tests.build import full_vendor, vendor
from tests.fakes import said

NOW = datetime(2024, 4, 1, 12, tzinfo=UTC)
ACME = full_vendor(tags=["cameras"])
ROAD = vendor("road-runner", tags=["phones"])
WATCHLIST = Watchlist({each.id: each for each in (ACME, ROAD)}, {})
JUDGE = WatchlistJudge(WATCHLIST, Desk({}, date(2024, 4, 1)), lambda each: f"r-{each.id}", NOW)
ROOM = Channel("fake", "!room", encrypted=True)


def named(id: str = "acme-cam", words: str = "aCmE cAm", **about: object) -> Mention:  # noqa: A002 - the field's name
    match = Match(id, words, 0, 8, MatchKind.EXACT, 1.0, "Acme Cam", "the listed name 'Acme Cam'")
    plain = Mention(Channel("fake", "#hall"), id, match, Cause.MESSAGE, "1", NOW)
    return replace(plain, **about)  # type: ignore[arg-type]  # a test names what it is about


def told(*mentions: Mention, form: Form = Form.CARD, history: History = History()) -> str:  # noqa: B008 - frozen
    return said(JUDGE.compose(tellings(*mentions, form=form, history=history)))


def tellings(
    *mentions: Mention,
    form: Form = Form.CARD,
    history: History = History(),  # noqa: B008 - frozen
) -> Sequence[Telling]:
    post = Post(PostReason.FIRST, form)
    return together([Telling(each, post, history) for each in mentions])


def test_a_first_mention_is_told_as_a_card() -> None:
    assert JUDGE.decide(named(), Situation()) == Post(PostReason.FIRST, Form.CARD)
    text = told(named())
    assert text.startswith("Acme Cam (阿珂美)")
    assert "Here because of “aCmE cAm”" in text
    assert "Sanctions status" in text


def test_what_stands_for_a_card_leads_to_it() -> None:
    shown = History(NOW, NOW, "r-acme-cam", "https://chat.example/p1")
    text = told(named(), form=Form.LINE, history=shown)
    assert "Nothing in the record has changed since the card of 1 Apr 2024." in text
    assert "Sanctions status" not in text


def test_a_line_says_that_the_record_has_changed_since() -> None:
    text = told(named(), form=Form.LINE, history=History(NOW, NOW, "r-older"))
    assert "The record has changed since the card of 1 Apr 2024." in text


def test_without_a_card_before_a_line_speaks_of_none() -> None:
    assert "card of" not in told(named(), form=Form.LINE, history=History(alerted_at=NOW))


def test_several_vendors_are_one_message() -> None:
    text = told(named(), named("road-runner"))
    assert text.startswith("2 watched vendors in a message.")


def test_several_vendors_can_share_a_mark() -> None:
    posts = tellings(named(), named("road-runner"), form=Form.MARK)
    assert [each.post.form for each in posts] == [Form.MARK, Form.MARK]
    assert said(JUDGE.compose(posts)).startswith("Named here: Acme Cam, Road Runner.")


def test_every_form_offers_the_card_or_the_record() -> None:
    for form in Form:
        document = JUDGE.compose(tellings(named(), form=form))
        (actions,) = (each for each in document.blocks if isinstance(each, Actions))
        assert actions.buttons, form


@pytest.mark.parametrize(
    ("settings", "id_", "wanted"),
    [
        (Settings(tags=frozenset({"cameras"})), "acme-cam", True),
        (Settings(tags=frozenset({"cameras"})), "road-runner", False),
        (Settings(not_tags=frozenset({"cameras"})), "acme-cam", False),
        (Settings(vendors=frozenset({"road-runner"})), "acme-cam", False),
        (
            Settings(vendors=frozenset({"road-runner"}), tags=frozenset({"cameras"})),
            "road-runner",
            True,
        ),
        (Settings(not_vendors=frozenset({"acme-cam"})), "acme-cam", False),
    ],
)
def test_the_tags_are_those_of_the_record(settings: Settings, id_: str, wanted: bool) -> None:
    decision = JUDGE.decide(named(id_), Situation(settings=settings))
    assert (decision != Skip(SkipReason.NOT_WANTED)) is wanted


def test_a_record_is_compared_with_its_own_revision() -> None:
    long_ago = NOW.replace(year=2023)
    shown = Situation(history=History(NOW.replace(month=3), NOW.replace(month=3), "r-older"))
    assert JUDGE.decide(named(), shown) == Post(PostReason.RECORD_CHANGED, Form.CARD)
    assert JUDGE.revision("acme-cam") == "r-acme-cam"
    same = Situation(history=History(long_ago, long_ago, "r-acme-cam"))
    assert JUDGE.decide(named(), same) == Post(PostReason.COOLDOWN_OVER, Form.CARD)


def test_the_time_is_that_of_the_judge_and_not_of_the_message() -> None:
    trial = Situation(settings=Settings(mode=Mode.TRIAL))
    late = named(at=NOW.replace(year=2020))
    next_monday = datetime(2024, 4, 8, 9, tzinfo=UTC)
    decision = JUDGE.decide(late, trial)
    assert decision == Hold(HoldReason.TRIAL, Post(PostReason.FIRST, Form.CARD), next_monday)


def test_a_story_that_waits_keeps_a_message_with_its_link_quiet() -> None:
    assert JUDGE.decide(named(), Situation(told=Told.WAITING)) == Skip(SkipReason.STORY)


def test_a_vendor_that_is_not_watched_is_a_fault_of_ours_and_not_passed_over() -> None:
    with pytest.raises(KeyError):
        JUDGE.decide(named("nobody"), Situation())


@pytest.mark.parametrize("form", [Form.CARD, Form.LINE, Form.MARK])
def test_of_an_encrypted_room_no_words_are_kept_in_what_is_said_there(form: Form) -> None:
    # What is said waits in the database until it is posted, and a month longer.
    one = JUDGE.compose(tellings(named(channel=ROOM), form=form))
    two = JUDGE.compose(
        tellings(named(channel=ROOM), named("road-runner", channel=ROOM), form=form)
    )
    assert "aCmE" not in said(one) + one.summary + said(two) + two.summary


def test_a_summary_is_one_plain_sentence_without_drawing() -> None:
    for form in Form:
        summary = JUDGE.compose(tellings(named(), form=form)).summary
        assert summary
        assert "\n" not in summary
