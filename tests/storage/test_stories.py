"""Entries that tell one story lead to one post, and the post says where else the story stands."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.core.choices import Mute, Report
from bot.core.document import Document, Link, Paragraph, plain
from bot.core.mention import Channel, Mention, Receipt
from bot.core.policy import Skip, SkipReason
from bot.core.settings import Mode, Settings
from bot.core.stories import Fingerprint, fingerprint, same_story
from bot.storage.rows import Kind, Outgoing, Retention, Ruling
from bot.storage.store import Store
from tests.storage.conftest import Behind
from tests.storage.sample import (
    FEED,
    HALL,
    LEASE,
    NOW,
    Policy,
    configure,
    document,
    mention,
    mention_in_entry,
)

LAB = Channel("fake", "#lab")
HERALD = "https://herald.example/feed.xml"
NEWS = Fingerprint("https://gazette.example/acme", "acme wins")


async def read(
    store: Store, *mentions: Mention, now: datetime = NOW, team: str = "default"
) -> list[str]:
    """Let entries come in that all tell one story; say in short what became of each."""
    policy = Policy(now, prints=dict.fromkeys((each.cause_id for each in mentions), NEWS))
    return [short(each) for each in await store.record(mentions, policy.hearing(team))]


def short(ruling: Ruling) -> str:
    return type(ruling.decision).__name__.lower()


async def deliver(store: Store, now: datetime = NOW) -> list[Outgoing]:
    """Let everything that is due be posted; each gets the number of its key's turn as its id."""
    done: list[Outgoing] = []
    while claimed := await store.claim(now, LEASE, 10):
        for out in claimed:
            await store.sent(out.id, Receipt(out.message or f"p{out.id}"), now)
            done.append(out)
    return done


def also(text: Document) -> str:
    """Give the line that says where else a story stands."""
    said = [plain(each.text) for each in text.blocks if isinstance(each, Paragraph)]
    lines = [each for each in said if each.startswith("Also in: ")]
    assert len(lines) <= 1
    return "".join(lines)


async def test_a_later_entry_of_a_story_is_an_edit_of_the_first_ones_post(store: Store) -> None:
    assert await read(store, mention_in_entry("e1")) == ["post"]
    (post,) = await deliver(store)
    again = mention_in_entry("e2", title="Acme wins!")
    assert await read(store, again, now=NOW + timedelta(hours=1)) == ["join"]
    (edit,) = await deliver(store)
    assert (edit.kind, edit.message) == (Kind.EDIT, f"p{post.id}")
    assert also(edit.document) == "Also in: “Acme wins!”"
    assert Link("“Acme wins!”", "https://gazette.example/e2") in (
        part for each in edit.document.blocks if isinstance(each, Paragraph) for part in each.text
    )


async def test_before_the_post_is_sent_it_is_changed_in_place(store: Store) -> None:
    found = await read(store, mention_in_entry("e1"), mention_in_entry("e2", title="Second"))
    assert found == ["post", "join"]
    (post,) = await deliver(store)
    assert (post.kind, also(post.document)) == (Kind.POST, "Also in: “Second”")


async def test_several_later_entries_make_one_line_with_five_titles_and_a_count(
    store: Store,
) -> None:
    await read(store, mention_in_entry("e0"))
    await deliver(store)
    for number in range(1, 9):
        later = mention_in_entry(f"e{number}", title=f"Title {number}")
        await read(store, later, now=NOW + timedelta(minutes=number))
    (edit,) = await deliver(store)
    titles = "; ".join(f"“Title {number}”" for number in range(4, 9))
    assert also(edit.document) == f"Also in: {titles} and 3 more"


async def test_an_edit_on_its_way_is_followed_by_another(store: Store) -> None:
    await read(store, mention_in_entry("e1"))
    await deliver(store)
    await read(store, mention_in_entry("e2", title="Second"), now=NOW + timedelta(minutes=1))
    (first,) = await store.claim(NOW, LEASE, 10)
    await read(store, mention_in_entry("e3", title="Third"), now=NOW + timedelta(minutes=2))
    await store.sent(first.id, Receipt(first.message or ""), NOW)
    (second,) = await deliver(store)
    assert also(first.document) == "Also in: “Second”"
    assert also(second.document) == "Also in: “Second”; “Third”"


async def test_a_post_of_unknown_outcome_is_changed_by_an_edit(store: Store) -> None:
    await read(store, mention_in_entry("e1"))
    (post,) = await store.claim(NOW, LEASE, 10)
    await store.doubt(post.id, "no answer", NOW)
    await read(store, mention_in_entry("e2", title="Second"))
    done = await deliver(store)
    assert [each.kind for each in done] == [Kind.POST, Kind.EDIT]
    assert also(done[1].document) == "Also in: “Second”"


async def test_what_may_be_there_already_gets_an_edit_though_it_was_put_back(store: Store) -> None:
    # The first attempt may have shown the old words; a look-up then finds those.
    await read(store, mention_in_entry("e1"))
    (post,) = await store.claim(NOW, LEASE, 10)
    await store.doubt(post.id, "no answer", NOW)
    (again,) = await store.claim(NOW, LEASE, 10)
    assert again.unsure
    await store.put_back(again.id, "busy", NOW)
    await read(store, mention_in_entry("e2", title="Second"))
    done = await deliver(store)
    assert [each.kind for each in done] == [Kind.POST, Kind.EDIT]
    assert also(done[1].document) == "Also in: “Second”"


async def test_another_vendor_in_a_later_entry_is_posted_by_itself(store: Store) -> None:
    await read(store, mention_in_entry("e1"))
    await deliver(store)
    vendors = ("acme-cam", "road-runner")
    both = (mention_in_entry("e2", each, title="Second") for each in vendors)
    assert await read(store, *both) == ["join", "post"]
    done = await deliver(store)
    assert {(each.kind, each.vendor) for each in done} == {
        (Kind.EDIT, "acme-cam"),
        (Kind.POST, "road-runner"),
    }


async def test_no_card_is_said_to_stand_in_an_entry_that_does_not_name_its_vendor(
    store: Store,
) -> None:
    await read(store, mention_in_entry("e1", title="Acme alone"))
    await deliver(store)
    both = [
        mention_in_entry("e2", each, title="Acme and Runner") for each in ("acme-cam", "runner")
    ]
    await read(store, *both, now=NOW + timedelta(minutes=1))
    shown = {each.vendor: also(each.document) for each in await deliver(store)}
    assert shown == {"acme-cam": "Also in: “Acme and Runner”", "runner": ""}


async def test_only_entries_for_the_channel_are_named_in_it(store: Store) -> None:
    await read(store, mention_in_entry("e1", title="First"))
    secret = mention_in_entry("s1", channel=LAB, feed=HERALD, title="For the lab alone")
    await read(store, secret, now=NOW + timedelta(minutes=1))
    await read(store, mention_in_entry("e2", title="Second"), now=NOW + timedelta(minutes=2))
    shown = {each.channel.id: also(each.document) for each in await deliver(store)}
    assert shown == {"#hall": "Also in: “Second”", "#lab": ""}


async def test_feeds_that_number_their_entries_alike_are_told_apart(store: Store) -> None:
    await read(store, mention_in_entry("1", title="First"))
    await deliver(store)
    herald = mention_in_entry("1", feed=HERALD, title="In the Herald")
    assert await read(store, herald, now=NOW + timedelta(minutes=1)) == ["join"]
    (edit,) = await deliver(store)
    assert also(edit.document) == "Also in: “In the Herald”"


async def test_a_feed_for_another_channel_is_not_named_though_its_entry_has_the_same_id(
    store: Store,
) -> None:
    await read(store, mention_in_entry("1", title="First"))
    await deliver(store)
    secret = mention_in_entry("2", channel=LAB, feed=HERALD, title="For the lab alone")
    await read(store, secret, now=NOW + timedelta(minutes=1))
    await read(store, mention_in_entry("2", title="Second"), now=NOW + timedelta(minutes=2))
    shown = [also(each.document) for each in await deliver(store) if each.channel == HALL]
    assert shown == ["Also in: “Second”"]


async def test_a_follow_up_a_week_later_is_news(store: Store) -> None:
    week = timedelta(days=7)
    await read(store, mention_in_entry("e1"))
    second = timedelta(seconds=1)
    assert await read(store, mention_in_entry("e2"), now=NOW + week - second) == ["join"]
    assert await read(store, mention_in_entry("e3"), now=NOW + week) == ["post"]
    # What is open now is the new story.
    assert await read(store, mention_in_entry("e4"), now=NOW + week + second) == ["join"]


def by_another_name(cause_id: str) -> Mention:
    """Give a mention by a name that nobody called a wrong match."""
    found = mention_in_entry(cause_id)
    return replace(found, match=replace(found.match, matched="Acme Ltd", name="Acme Ltd"))


async def test_a_first_post_that_failed_lets_the_next_entry_post(store: Store) -> None:
    await read(store, mention_in_entry("e1"))
    (out,) = await store.claim(NOW, LEASE, 1)
    await store.park(out.id, "not in that channel", NOW)
    assert await read(store, mention_in_entry("e2")) == ["post"]
    (post,) = await deliver(store)
    assert post.kind is Kind.POST


async def test_a_first_post_that_was_taken_back_lets_the_next_entry_post(store: Store) -> None:
    await read(store, mention_in_entry("e1"))
    (post,) = await deliver(store)
    report = Report(HALL, f"p{post.id}", "bea")
    assert await store.wrong_match(report, NOW) == 1
    await deliver(store)
    assert await read(store, by_another_name("e2")) == ["post"]
    (second,) = await deliver(store)
    assert second.kind is Kind.POST


async def test_nothing_joins_a_post_that_is_about_to_be_taken_back(store: Store) -> None:
    await read(store, mention_in_entry("e1"))
    (post,) = await deliver(store)
    await store.wrong_match(Report(HALL, f"p{post.id}", "bea"), NOW)
    assert await read(store, by_another_name("e2")) == ["post"]
    assert [each.kind for each in await deliver(store)] == [Kind.WITHDRAW, Kind.POST]


async def test_a_vendor_taken_out_of_a_post_is_told_anew_when_named_rightly(store: Store) -> None:
    await read(store, *(mention_in_entry("e1", each) for each in ("acme-cam", "runner")))
    (post,) = await deliver(store)
    await store.wrong_match(Report(HALL, f"p{post.id}", "bea", "acme-cam"), NOW)
    assert await read(store, by_another_name("e2")) == ["post"]


async def test_a_story_that_waits_is_not_told_twice(store: Store) -> None:
    settings = Settings(mode=Mode.DIGEST)
    policy = Policy(settings=settings, prints={"e1": NEWS, "e2": NEWS})
    first = await store.record([mention_in_entry("e1")], policy.hearing())
    second = await store.record([mention_in_entry("e2")], policy.hearing())
    assert [short(each) for each in (*first, *second)] == ["hold", "skip"]
    assert second[0].decision == Skip(SkipReason.STORY)
    assert (await store.status(NOW)).waiting == 1


async def released(store: Store, now: datetime) -> list[Outgoing]:
    """Let the entry e1 wait for a digest; release what is due, and claim it."""
    policy = Policy(settings=Settings(mode=Mode.DIGEST), prints={"e1": NEWS})
    await store.record([mention_in_entry("e1")], policy.hearing())
    await store.release_digests(now, lambda *_: document("digest"))
    return list(await store.claim(now, LEASE, 1))


async def test_a_digest_has_told_its_stories_unless_it_was_given_up(store: Store) -> None:
    then = NOW + timedelta(days=1)
    (digest,) = await released(store, then)
    assert await read(store, mention_in_entry("e2"), now=then) == ["skip"]
    await store.park(digest.id, "not in that channel", then)
    assert await read(store, mention_in_entry("e3"), now=then) == ["post"]
    (post,) = await deliver(store, then)
    assert post.document != digest.document


async def test_a_link_to_a_story_of_a_digest_that_was_given_up_is_not_quiet(store: Store) -> None:
    then = NOW + timedelta(days=2)
    (digest,) = await released(store, then)
    await store.park(digest.id, "not in that channel", then)
    pasted = replace(mention(), links=(NEWS.url or "",))
    (ruling,) = await store.record([pasted], Policy(then).hearing())
    assert short(ruling) == "post"


async def test_a_digest_that_goes_again_has_told_its_stories(store: Store) -> None:
    then = NOW + timedelta(days=1)
    (digest,) = await released(store, then)
    await store.park(digest.id, "not in that channel", then)
    await store.retry([digest.id], then)
    assert await read(store, mention_in_entry("e2"), now=then) == ["skip"]


async def test_no_digest_is_changed_when_its_story_stands_elsewhere_too(store: Store) -> None:
    then = NOW + timedelta(days=1)
    (digest,) = await released(store, then)
    await store.sent(digest.id, Receipt("p1"), then)
    for number, expected in ((2, "post"), (3, "join")):
        both = [mention_in_entry(f"e{number}", each) for each in ("acme-cam", "runner")]
        assert await read(store, *both, now=then) == ["skip", expected]
    assert [(each.kind, each.vendor) for each in await deliver(store, then)] == [
        (Kind.POST, "runner")
    ]


async def test_a_story_left_out_of_a_digest_for_a_mute_is_told_when_the_mute_is_over(
    store: Store,
) -> None:
    then = NOW + timedelta(days=1)
    policy = Policy(settings=Settings(mode=Mode.DIGEST), prints={"e1": NEWS})
    await store.record([mention_in_entry("e1")], policy.hearing())
    await store.mute(Mute(0, "acme-cam", None, then + LEASE, "", "bea", NOW))
    assert await store.release_digests(then, lambda *_: document("digest")) == 0
    assert await read(store, mention_in_entry("e2"), now=then + LEASE) == ["post"]


@pytest.mark.parametrize(("channel", "expected"), [(HALL, "skip"), (LAB, "post")])
async def test_a_link_to_a_story_is_quiet_where_the_story_was_posted(
    store: Store, channel: Channel, expected: str
) -> None:
    await read(store, mention_in_entry("e1"))
    later = Policy(NOW + timedelta(days=2))
    pasted = replace(mention(channel=channel), links=(NEWS.url or "",))
    (ruling,) = await store.record([pasted], later.hearing())
    assert short(ruling) == expected


async def test_a_link_to_an_old_story_is_not_quiet_for_ever(store: Store) -> None:
    await read(store, mention_in_entry("e1"))
    rulings: list[Ruling] = []
    for cause_id, days in (("m1", 29), ("m2", 30)):
        pasted = replace(mention(cause_id=cause_id), links=(NEWS.url or "",))
        at = Policy(NOW + timedelta(days=days))
        rulings += await store.record([pasted], at.hearing())
    assert [short(each) for each in rulings] == ["skip", "post"]


async def test_a_link_in_words_about_another_vendor_keeps_nobody_quiet(store: Store) -> None:
    await read(store, mention_in_entry("e1"))
    pasted = replace(mention("road-runner"), links=(NEWS.url or "",))
    (ruling,) = await store.record([pasted], Policy().hearing())
    assert short(ruling) == "post"


async def test_an_entry_that_comes_again_joins_nothing(store: Store, behind: Behind) -> None:
    await read(store, mention_in_entry("e1"))
    policy = Policy(prints={"e1": NEWS})
    (again,) = await store.record([mention_in_entry("e1")], policy.hearing())
    assert again.decision == Skip(SkipReason.DUPLICATE)
    assert behind("SELECT count(*) FROM story_entry") == [(1,)]
    assert behind("SELECT count(*) FROM outbox") == [(1,)]


async def test_two_polls_at_once_of_one_story_make_one_post(store: Store, other: Store) -> None:
    both = await asyncio.gather(
        read(store, mention_in_entry("e1")), read(other, mention_in_entry("e2", feed=HERALD))
    )
    assert sorted(each for (each,) in both) == ["join", "post"]


async def heard(store: Store, cause_id: str, print_: Fingerprint, now: datetime = NOW) -> str:
    """Let an entry with a fingerprint of its own come in; say in short what became of it."""
    policy = Policy(now, prints={cause_id: print_})
    (ruling,) = await store.record([mention_in_entry(cause_id)], policy.hearing())
    return short(ruling)


def wire(first: int, last: int) -> Fingerprint:
    """Give what a text is known by that says these words of an agency's, and nothing else."""
    told = " ".join(f"Word{number}" if number % 9 else f"word{number}." for number in range(200))
    return fingerprint(None, "", " ".join(told.split()[first:last]))


async def test_a_copy_of_a_copy_is_told_by_the_copy(store: Store) -> None:
    first, copy, again = wire(0, 60), wire(0, 200), wire(10, 110)
    assert same_story(first, again) is None
    assert await heard(store, "e1", first) == "post"
    assert await heard(store, "e2", copy) == "join"
    assert await heard(store, "e3", again) == "join"


async def test_the_words_of_a_story_are_kept_for_as_long_as_it_is_open(
    store: Store, behind: Behind
) -> None:
    words = "SELECT entry, words IS NULL FROM story_entry ORDER BY entry"
    almost = NOW + timedelta(days=7) - timedelta(seconds=1)
    assert await heard(store, "e1", wire(0, 100)) == "post"
    assert await heard(store, "e2", wire(0, 90), almost) == "join"
    assert [bool(gone) for _, gone in behind(words)] == [False, False]
    assert await heard(store, "e3", wire(0, 90), NOW + timedelta(days=7)) == "post"
    assert [bool(gone) for _, gone in behind(words)] == [True, True, False]


async def test_teams_that_share_a_feed_have_stories_of_their_own(store: Store) -> None:
    for team, channel in (("red", HALL), ("blue", LAB)):
        first = mention_in_entry("e1", channel=channel)
        second = mention_in_entry("e2", channel=channel, title="Second")
        assert await read(store, first, team=team) == ["post"]
        assert await read(store, second, team=team) == ["join"]
    assert [also(each.document) for each in await deliver(store)] == ["Also in: “Second”"] * 2


async def test_a_post_whose_words_were_forgotten_is_not_overwritten(store: Store) -> None:
    await configure(store, [FEED])
    await read(store, mention_in_entry("e1"))
    await deliver(store)
    keep = Retention(documents=timedelta(days=1))
    later = NOW + timedelta(days=2)
    while await store.purge(later, keep):
        pass
    await read(store, mention_in_entry("e2", title="Second"), now=later)
    for each in await deliver(store, later):
        # An edit that knows "Also in" alone would wipe the card.
        assert each.document.blocks == () or len(each.document.blocks) > 1
        assert each.kind is not Kind.EDIT
