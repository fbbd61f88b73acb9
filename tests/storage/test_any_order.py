"""Whatever happens in whatever order, each alert is posted once, or taken back, or given up.

Chance writes a story: messages, entries, edits and deletions of them, wrong matches, pauses, and a
courier who delivers, fails, dies, or does not know. A model of what people see is kept beside it.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

import pytest

from bot.core.choices import Report
from bot.core.document import Actions, Bullets, Button, Document, Item, Paragraph, from_json, words
from bot.core.mention import Channel, Mention, Receipt
from bot.core.policy import Post, Telling
from bot.core.settings import Settings
from bot.core.stories import Fingerprint
from bot.storage.rows import Kind, Outgoing
from bot.storage.store import Store
from tests.storage.conftest import Behind
from tests.storage.sample import NOW, Policy, document, mention, mention_in_entry

LEASE = timedelta(seconds=25)
CHANNELS = (Channel("fake", "#hall"), Channel("fake", "#board", private=True))
VENDORS = ("a", "b", "c")
STEPS = 60


class Words(Policy):
    """The policy, in whose words an alert can be told from any other."""

    def compose(self, tellings: Sequence[Telling]) -> Document:
        """Name the place, the cause and the vendors."""
        first = tellings[0].mention
        named = [each.mention.vendor for each in tellings]
        text = name_of(first, named)
        if len(named) == 1:
            return document(text)
        return Document(
            text,
            (
                Paragraph(words(text)),
                Bullets(tuple(Item(words(each)) for each in named)),
                Actions(tuple(Button(each, f"vendor {each}") for each in named)),
            ),
        )


def name_of(first: Mention, named: Sequence[str]) -> str:
    return f"{first.channel.id} {first.cause} {first.cause_id}: {' '.join(named)}"


@dataclass(slots=True)
class Seen:
    """What people see: messages of the bot's by id, and every post there ever was by its name."""

    shown: dict[str, Document] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    posts: list[str] = field(default_factory=list)
    order: dict[str, list[int]] = field(default_factory=dict)
    places: dict[str, Channel] = field(default_factory=dict)

    def take(self, out: Outgoing) -> Receipt:
        """Do with a document what is to be done."""
        if out.kind is Kind.POST:
            if out.key not in self.ids:
                self.ids[out.key] = f"p{len(self.ids)}"
                self.shown[self.ids[out.key]] = out.document
                self.places[self.ids[out.key]] = out.channel
                self.posts.append(out.document.summary)
                self.order.setdefault(out.lane, []).append(out.id)
            return Receipt(self.ids[out.key])
        assert out.message is not None
        if out.kind is Kind.EDIT:
            assert out.message in self.shown, "what is gone was changed"
            self.shown[out.message] = out.document
        elif out.kind is Kind.WITHDRAW:
            self.shown.pop(out.message, None)
        return Receipt(out.message)

    def has(self, out: Outgoing) -> bool:
        """Say whether a post is there, as a platform that is asked would."""
        return out.kind is Kind.POST and out.key in self.ids


@dataclass(slots=True)
class Tale:
    """One course of events, and what has to be true of it in the end."""

    store: Store
    chance: Random
    now: datetime = NOW
    seen: Seen = field(default_factory=Seen)
    expected: list[str] = field(default_factory=list)
    messages: list[tuple[Channel, str]] = field(default_factory=list)
    under_way: list[Outgoing] = field(default_factory=list)
    retried: bool = False
    causes: int = 0

    def policy(self, *prints: str) -> Words:
        """Give the judge of this moment, to whom entries of these ids are one story of three."""
        news = f"https://gazette.example/{self.chance.randrange(3)}"
        told = dict.fromkeys(prints, Fingerprint(news, ""))
        return Words(self.now, settings=Settings(cooldown=timedelta(0)), prints=told)

    async def record(self, mentions: Sequence[Mention], policy: Words) -> None:
        """Let mentions of one cause in one channel be judged; note what has to be posted."""
        rulings = await self.store.record(mentions, policy.hearing())
        named = [each.mention.vendor for each in rulings if isinstance(each.decision, Post)]
        if named:
            self.expected.append(name_of(mentions[0], named))

    def some_vendors(self) -> list[str]:
        """Choose who is named together."""
        return self.chance.sample(VENDORS, self.chance.choice((1, 1, 2, 3)))

    async def message(self) -> None:
        """Let somebody say something."""
        self.causes += 1
        channel, id_ = self.chance.choice(CHANNELS), f"m{self.causes}"
        self.messages.append((channel, id_))
        named = [mention(each, id_, channel) for each in self.some_vendors()]
        await self.record(named, self.policy())

    async def edit(self) -> None:
        """Let somebody change what they said, as the app would tell of it."""
        if self.messages:
            channel, id_ = self.chance.choice(self.messages)
            known = await self.store.named_before(channel, id_)
            named = [mention(each, id_, channel) for each in VENDORS if each not in known]
            if named:
                await self.record(named, self.policy())

    async def entry(self) -> None:
        """Let a paper bring an entry of one of three stories."""
        self.causes += 1
        id_ = f"e{self.causes}"
        channel = self.chance.choice(CHANNELS)
        named = [mention_in_entry(id_, each, channel, title=id_) for each in self.some_vendors()]
        await self.record(named, self.policy(id_))

    async def delete(self) -> None:
        """Let somebody delete what they said."""
        if self.messages:
            channel, id_ = self.chance.choice(self.messages)
            await self.store.withdraw_for(channel, id_, self.policy().hearing())

    async def wrong(self) -> None:
        """Let somebody call an alert wrong, or a line of it; then let the words be right again."""
        if self.seen.shown:
            id_ = self.chance.choice(sorted(self.seen.shown))
            vendor = self.chance.choice((None, *VENDORS))
            report = Report(self.seen.places[id_], id_, "bea", vendor)
            await self.store.wrong_match(report, self.now)
            here = report.channel
            for each in await self.store.wrong_matches(here, "proposed"):
                await self.store.settle_wrong_match(each.id, here, approve=False)

    async def claim(self) -> None:
        """Let a courier take something; nothing is taken by two, and no lane is overtaken."""
        there = {each.id for each in self.under_way}
        for out in await self.store.claim(self.now, LEASE, self.chance.randrange(1, 4)):
            assert out.id not in there, "taken twice"
            assert out.lane not in {each.lane for each in self.under_way}, "two in one lane"
            self.under_way.append(out)

    async def arrive(self) -> None:  # noqa: C901 - one way to end a line
        """Let a courier come to an end, one way or another."""
        if not self.under_way:
            return await self.claim()
        out = self.under_way.pop(self.chance.randrange(len(self.under_way)))
        if out.unsure and self.seen.has(out):
            return await self.store.sent(out.id, self.seen.take(out), self.now)
        later = self.now + timedelta(seconds=self.chance.randrange(20))
        match self.chance.choice(("sent", "sent", "busy", "lost", "lost after", "no", "died")):
            case "sent":
                await self.store.sent(out.id, self.seen.take(out), self.now)
            case "busy":
                await self.store.put_back(out.id, "busy", later)
            case "lost":
                await self.store.doubt(out.id, "no answer", later)
            case "lost after":
                self.seen.take(out)
                await self.store.doubt(out.id, "no answer", later)
            case "no":
                if out.kind is Kind.POST:
                    await self.store.park(out.id, "no", self.now)
                else:
                    await self.store.put_back(out.id, "busy", later)
            case "died":
                if self.chance.random() < 0.5:
                    self.seen.take(out)
                # Its lease runs out before anybody else looks.
                self.now += LEASE
                self.under_way.clear()
        return None

    async def stop_or_go(self) -> None:
        """Stop all posting, or go on."""
        if not await self.store.pause("bea", self.now):
            await self.store.resume(self.now)

    async def retry(self) -> None:
        """Let what was given up go again, once in a while."""
        self.retried |= bool(await self.store.retry(None, self.now))

    async def pass_time(self) -> None:
        """Let a little time pass, with whoever is under way."""
        self.now += timedelta(seconds=self.chance.randrange(1, 8))

    async def go_on(self) -> None:
        """Let one more thing happen."""
        happening = self.chance.choices(
            (
                self.message, self.entry, self.edit, self.delete, self.wrong, self.claim,
                self.arrive, self.stop_or_go, self.retry, self.pass_time,
            ),
            (8, 8, 3, 4, 2, 8, 16, 1, 1, 4),
        )  # fmt: skip
        await happening[0]()

    async def end(self) -> None:
        """Let everything arrive that can."""
        await self.store.resume(self.now)
        while self.under_way:
            out = self.under_way.pop()
            await self.store.sent(out.id, self.seen.take(out), self.now)
        self.now += timedelta(minutes=1)
        while await self.store.release_digests(self.now, lambda *_: document("digest")):
            pass
        while claimed := await self.store.claim(self.now, LEASE, 10):
            for out in claimed:
                await self.store.sent(out.id, self.seen.take(out), self.now)
        assert await self.store.next_due(self.now) is None


@pytest.mark.parametrize("seed", [1, 6, 11])
async def test_each_alert_is_posted_once_or_taken_back_or_given_up(
    store: Store, behind: Behind, seed: int
) -> None:
    tale = Tale(store, Random(seed))  # noqa: S311 - a tale, no secret
    for _ in range(STEPS):
        await tale.go_on()
    await tale.end()
    seen = tale.seen
    posts = [each for each in seen.posts if each != "digest"]
    assert [name for name, times in Counter(posts).items() if times > 1] == []
    assert set(posts) <= set(tale.expected)
    rows = behind("SELECT key, state, message_id, document FROM outbox WHERE kind = 'post'")
    ended = {str(state) for _, state, _, _ in rows}
    assert ended <= {"sent", "withdrawn", "failed"}
    assert len(rows) - seen.posts.count("digest") == len(tale.expected)
    unsent = sum(key not in seen.ids for key, _, _, _ in rows)
    assert len(tale.expected) - len(posts) == unsent
    for key, state, message, text in rows:
        if state == "sent":
            # What people see is what the bot believes that they see.
            assert seen.shown[str(message)] == from_json(str(text))
        elif state == "withdrawn":
            assert seen.ids.get(str(key)) not in seen.shown
    assert seen.shown.keys() == {message for _, state, message, _ in rows if state == "sent"}
    if not tale.retried:
        assert all(ids == sorted(ids) for ids in seen.order.values())


async def test_another_try_and_a_crash_do_not_block_a_channel_for_ever(store: Store) -> None:
    for key in ("k1", "k2"):
        await store.say("default", CHANNELS[0], document(key), key, NOW)
    (first,) = await store.claim(NOW, LEASE, 1)
    await store.park(first.id, "not in that channel", NOW)
    await store.claim(NOW, LEASE, 1)
    await store.retry(None, NOW)
    # Whoever carried the second one has died, and the first one is to go again.
    got = []
    while claimed := await store.claim(NOW + LEASE, LEASE, 9):
        for out in claimed:
            got.append(out.key)
            await store.sent(out.id, Receipt(out.key), NOW + LEASE)
    assert sorted(got) == ["k1", "k2"]
