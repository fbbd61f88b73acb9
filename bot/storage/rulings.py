"""From mentions to alerts, in the caller's transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, groupby, islice

from sqlalchemy import Connection

from bot.core.feed import Paragraphs, Poll, Unread
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
    Told,
    together,
)
from bot.storage import entries, feeds, histories, outbox, pages, paragraphs, stories
from bot.storage import mentions as mentions_
from bot.storage.choices import Choices
from bot.storage.histories import Place
from bot.storage.mentions import Judged
from bot.storage.minutes import Minutes
from bot.storage.rows import Draft, Hearing, Kind, Ruling


@dataclass(frozen=True, slots=True)
class Case:
    """Mentions and who judges them."""

    mentions: Sequence[Mention]
    hearing: Hearing


@dataclass(slots=True)
class _Session:
    """What has been read under lock, and what it has come to so far, in one case after another."""

    hearing: Hearing
    choices: Choices
    histories: dict[Place, History]
    known: set[str]
    minutes: Minutes
    story_of: dict[tuple[str | None, str], int] = field(default_factory=dict)
    changed: set[Place] = field(default_factory=set)


def rule(connection: Connection, cases: Sequence[Case]) -> list[tuple[Ruling, ...]]:
    """Judge mentions cause by cause, each knowing of those before it, and queue the alerts."""
    rulings: list[tuple[Ruling, ...]] = []
    for _, alike in groupby(cases, lambda each: (each.hearing.team, each.hearing.settings)):
        rulings += _rule_alike(connection, list(alike))
    return rulings


def _rule_alike(connection: Connection, cases: Sequence[Case]) -> list[tuple[Ruling, ...]]:
    """Judge cases of one team and with the same settings, which are read and written together."""
    mentions = [mention for case in cases for mention in case.mentions]
    if not mentions:
        return [() for _ in cases]
    stories_of = [stories.shelve(connection, case.mentions, case.hearing) for case in cases]
    session = _open(connection, mentions, [case.hearing for case in cases])
    rulings: list[tuple[Ruling, ...]] = []
    for case, story_of in zip(cases, stories_of, strict=True):
        session.hearing, session.story_of = case.hearing, story_of
        causes = groupby(case.mentions, lambda each: (each.channel, each.cause_id, each.feed))
        ruled = [_rule_cause(session, list(group)) for _, group in causes]
        rulings.append(tuple(chain.from_iterable(ruled)))
    session.minutes.write()
    changed = {place: session.histories[place] for place in session.changed}
    histories.remember(connection, session.hearing.team, changed)
    return rulings


def _open(
    connection: Connection, mentions: Sequence[Mention], hearings: Sequence[Hearing]
) -> _Session:
    """Lock and read all that bears on the mentions."""
    team, settings = hearings[0].team, hearings[0].settings
    first = min(hearing.now for hearing in hearings)
    places = {Place(each.channel.key, each.vendor) for each in mentions}
    keys = [mentions_.mention_key(each, team) for each in mentions]
    return _Session(
        hearings[0],
        Choices.read(connection, team, mentions, settings, first),
        histories.lock(connection, sorted(places), team),
        mentions_.known(connection, keys),
        Minutes(connection),
    )


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
    document = _post(session, [each.key for each in posts], tellings) if tellings else None
    for each, telling in zip(posts, tellings, strict=True):
        _count(session, each.mention, telling.post)
        session.minutes.keep(each, session.hearing, telling.post, document)
    for each in judged:
        match each.decision:
            case Hold(post=post):
                _count(session, each.mention, replace(post, form=Form.LINE))
                session.minutes.keep(each, session.hearing, each.decision)
            case Skip() | Join():
                session.minutes.keep(each, session.hearing, each.decision)
    if any(isinstance(each.decision, Join) for each in judged):
        _join(session, judged)
    return rulings


def _situation(session: _Session, mention: Mention, story: int | None) -> Situation:
    place = Place(mention.channel.key, mention.vendor)
    told = Told.NOT_YET
    if story is not None or mention.links:
        session.minutes.write()
        told = stories.told(session.minutes.connection, session.hearing, mention, story)
    choices = session.choices
    return Situation(
        settings=choices.settings(mention.channel.key),
        history=session.histories[place],
        told=told,
        muted=choices.muted(mention.channel.key, mention.vendor, session.hearing.now),
        wrong=choices.wrong(mention),
        paused=choices.paused,
    )


def _telling(session: _Session, mention: Mention, post: Post) -> Telling:
    place = Place(mention.channel.key, mention.vendor)
    return Telling(mention, post, session.histories[place])


def _post(session: _Session, keys: Sequence[str], tellings: Sequence[Telling]) -> str:
    """Note that one message about all of them is to be posted; give its key."""
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
    session.minutes.post(draft, session.hearing.now)
    return draft.key


def _join(session: _Session, judged: Iterable[Judged]) -> None:
    """Say on the cards that a story brought here before where else it stands now."""
    session.minutes.write()
    joined = [each for each in judged if isinstance(each.decision, Join)]
    for channel, story in sorted({(each.mention.channel.key, each.story or 0) for each in joined}):
        stories.say_also(session.minutes.connection, session.hearing, channel, story)


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


def _by_team(case: Case) -> list[Case]:
    """Let each team judge what a feed brings to its channels: its mutes and choices are its own."""
    teams = sorted({each.channel.team for each in case.mentions})
    return [
        Case(
            [each for each in case.mentions if each.channel.team == team],
            case.hearing.of_team(team),
        )
        for team in teams
    ]


@dataclass(frozen=True, slots=True)
class Finished:
    """A poll, its mentions and who judges them, and what is to be said of the feed itself."""

    poll: Poll
    case: Case
    drafts: Sequence[Draft] = ()


def finish_polls(
    connection: Connection, polls: Sequence[Finished]
) -> list[tuple[Ruling, ...] | None]:
    """Keep what polls brought and rule on their mentions; None for a feed that is not there."""
    there = feeds.lock(connection, [each.poll.feed.url for each in polls])
    good = [each for each in polls if each.poll.feed.url in there]
    if good:
        feeds.keep(connection, [each.poll for each in good])
    brought = [
        ((*each.poll.quiet, *each.poll.entries), each.case.hearing.now)
        for each in good
        if each.poll.quiet or each.poll.entries
    ]
    entries.keep(connection, brought)
    pages.keep(connection, [each.poll for each in good])
    seen = [(page, each.case.hearing.now) for each in good for page in each.poll.seen]
    paragraphs.keep(connection, seen)
    cases = [_by_team(each.case) for each in good]
    ruled = iter(rule(connection, list(chain.from_iterable(cases))))
    rulings = iter([tuple(chain.from_iterable(islice(ruled, len(each)))) for each in cases])
    drafts = [(draft, each.case.hearing.now) for each in good for draft in each.drafts]
    if drafts:
        outbox.queue_all(connection, drafts)
    return [next(rulings) if each.poll.feed.url in there else None for each in polls]


def finish_page(
    connection: Connection, unread: Unread, seen: Paragraphs, case: Case
) -> tuple[Ruling, ...]:
    """Keep an article that came after its entry and rule on what the two of them name."""
    pages.read(connection, unread.entry)
    paragraphs.keep(connection, [(seen, case.hearing.now)])
    return tuple(chain.from_iterable(rule(connection, _by_team(case))))
