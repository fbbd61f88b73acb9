"""From mentions to alerts, in the caller's transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from sqlalchemy import Connection

from bot.core.feed import Poll
from bot.core.mention import Mention
from bot.core.policy import (
    Form,
    History,
    Hold,
    Join,
    Post,
    Situation,
    Skip,
    SkipReason,
    Telling,
    together,
)
from bot.storage import feeds, held, histories, outbox, stories
from bot.storage import mentions as mentions_
from bot.storage.choices import Choices
from bot.storage.histories import Place
from bot.storage.mentions import Judged
from bot.storage.rows import Draft, Hearing, Kind, Ruling


@dataclass(slots=True)
class _Session:
    """One call's work: what has been read under lock, and what it has come to so far."""

    connection: Connection
    hearing: Hearing
    choices: Choices
    histories: dict[Place, History]
    known: set[str]
    story_of: dict[tuple[str | None, str], int]
    changed: set[Place] = field(default_factory=set)


def rule(
    connection: Connection, mentions: Sequence[Mention], hearing: Hearing
) -> tuple[Ruling, ...]:
    """Judge mentions cause by cause, each knowing of those before it, and queue the alerts."""
    if not mentions:
        return ()
    story_of = stories.shelve(connection, mentions, hearing)
    places = {Place(each.channel.key, each.vendor) for each in mentions}
    session = _Session(
        connection,
        hearing,
        Choices.read(connection, hearing.team, mentions, hearing.settings, hearing.now),
        histories.lock(connection, sorted(places), hearing.team),
        mentions_.known(
            connection, [mentions_.mention_key(each, hearing.team) for each in mentions]
        ),
        story_of,
    )
    rulings: list[Ruling] = []
    for _, group in groupby(mentions, lambda each: (each.channel, each.cause_id, each.feed)):
        rulings += _rule_cause(session, list(group))
    for place in sorted(session.changed):
        histories.remember(connection, hearing.team, place, session.histories[place])
    return tuple(rulings)


def _rule_cause(session: _Session, mentions: Sequence[Mention]) -> list[Ruling]:
    """Judge what one message or entry brings to one channel; what is posted is one message."""
    rulings: list[Ruling] = []
    judged: list[Judged] = []
    for mention in mentions:
        key = mentions_.mention_key(mention, session.hearing.team)
        if key in session.known:
            rulings.append(Ruling(mention, Skip(SkipReason.DUPLICATE)))
            continue
        session.known.add(key)
        story = session.story_of.get((mention.feed, mention.cause_id))
        decision = session.hearing.judge.decide(mention, _situation(session, mention, story))
        judged.append(Judged(mention, key, story, decision))
        rulings.append(Ruling(mention, decision))
    posts = [each for each in judged if isinstance(each.decision, Post)]
    tellings = together(
        [
            _telling(session, each.mention, each.decision)
            for each in judged
            if isinstance(each.decision, Post)
        ]
    )
    outbox_id = _queue(session, [each.key for each in posts], tellings) if tellings else None
    for each, telling in zip(posts, tellings, strict=True):
        _count(session, each.mention, telling.post)
        mentions_.keep(session.connection, session.hearing, each, telling.post, outbox_id)
    for each in judged:
        match each.decision:
            case Hold(post=post) as hold:
                _count(session, each.mention, replace(post, form=Form.LINE))
                row = mentions_.keep(session.connection, session.hearing, each, hold, None)
                held.keep(session.connection, row, each.mention, hold, session.hearing.team)
            case Skip() | Join():
                mentions_.keep(session.connection, session.hearing, each, each.decision, None)
    if any(isinstance(each.decision, Join) for each in judged):
        _join(session, judged)
    return rulings


def _situation(session: _Session, mention: Mention, story: int | None) -> Situation:
    place = Place(mention.channel.key, mention.vendor)
    told = stories.told(session.connection, session.hearing, mention, story)
    choices = session.choices
    return Situation(
        settings=choices.settings(mention.channel.key),
        history=session.histories[place],
        told=told,
        muted=choices.muted(mention.channel.key, mention.vendor),
        wrong=choices.wrong(mention),
        paused=choices.paused,
    )


def _telling(session: _Session, mention: Mention, post: Post) -> Telling:
    place = Place(mention.channel.key, mention.vendor)
    return Telling(mention, post, session.histories[place])


def _queue(session: _Session, keys: Sequence[str], tellings: Sequence[Telling]) -> int | None:
    first = tellings[0].mention
    settings = session.choices.settings(first.channel.key)
    marks = tellings[0].post.form is Form.MARK
    draft = Draft(
        key=keys[0] if len(keys) == 1 else mentions_.digest(sorted(keys)),
        team=session.hearing.team,
        channel=first.channel,
        document=session.hearing.judge.compose(tellings),
        thread=first.thread if settings.in_threads or marks else None,
        kind=Kind.MARK if marks else Kind.POST,
        message=first.cause_id if marks else None,
        vendor=first.vendor if len(tellings) == 1 else None,
    )
    return outbox.queue(session.connection, draft, session.hearing.now)


def _join(session: _Session, judged: Iterable[Judged]) -> None:
    """Say on the cards that a story brought here before where else it stands now."""
    joined = [each for each in judged if isinstance(each.decision, Join)]
    for channel, story in sorted({(each.mention.channel.key, each.story or 0) for each in joined}):
        stories.say_also(session.connection, session.hearing, channel, story)


def _count(session: _Session, mention: Mention, post: Post) -> None:
    """Note in the history of its place that something is posted."""
    if post.form is Form.MARK:
        return
    place = Place(mention.channel.key, mention.vendor)
    now = session.hearing.now
    history = session.histories[place]
    if post.form is Form.CARD:
        # The new card has no address until it is delivered, and the old one's would mislead.
        revision = session.hearing.judge.revision(mention.vendor)
        session.histories[place] = History(now, now, revision, None)
    else:
        session.histories[place] = replace(history, alerted_at=now)
    session.changed.add(place)


def finish_poll(
    connection: Connection, poll: Poll, mentions: Sequence[Mention], hearing: Hearing
) -> tuple[Ruling, ...]:
    """Keep what a poll brought and rule on its mentions."""
    feeds.finish(connection, poll, hearing.now)
    return rule(connection, mentions, hearing)
