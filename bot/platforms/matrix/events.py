"""What a room's timeline delivers, read: raw events, decrypted where they were encrypted.

Pure: nothing is asked of the homeserver, and nothing here raises, whatever an event is. Reference:
https://spec.matrix.org/latest/client-server-api/#events
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from bot.core.mention import Channel, Invocation, Message
from bot.platforms.matrix.calls import Own, called
from bot.platforms.matrix.values import Json, identity, mapping, mended, moment, string, user
from bot.platforms.matrix.words import poll, sticker, words

LONGEST_SIGN = 64
"""Characters of a reaction that are read; some clients let people react with words."""


@dataclass(frozen=True, slots=True)
class There:
    """Where an event happened. `direct`: nobody but one person and the bot is there.

    `doubt` says why whoever sent it cannot be trusted to be who they seem; empty if they can.
    """

    channel: Channel
    direct: bool
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """Something was said."""

    message: Message


@dataclass(frozen=True, slots=True)
class Edited:
    """A message reads differently now. Its id is the original's, its time that of the edit.

    An edit does not say which thread it is in, so `thread` is always None.
    """

    message: Message


@dataclass(frozen=True, slots=True)
class Deleted:
    """A message, reaction or anything else is gone."""

    channel: Channel
    message_id: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A command was given. An edit has an id of its own, and revises that of the original."""

    invocation: Invocation


@dataclass(frozen=True, slots=True)
class Touched:
    """Somebody reacted to the message `invocation.on` with a sign, which has no U+FE0F."""

    invocation: Invocation
    sign: str


Heard: TypeAlias = Said | Edited | Deleted | Asked | Touched


def read(event: Json, there: There, own: Own) -> Heard | None:
    """Say what an event of a timeline means for the bot; None if nothing.

    What any account of the bot's sent never means anything, nor does a notice. The relation of an
    encrypted event stands in the clear, and must have been put back into its content.
    """
    id_, sender = identity(event.get("event_id")), user(event.get("sender"))
    if not id_ or not sender or sender in own.user_ids or sender == own.user_id:
        return None
    reader = _READERS.get(string(event, "type"))
    if reader is None or "state_key" in event:
        return None
    return reader(_Delivery(event, mapping(event, "content"), id_, sender, there, own))


def membership(event: Json, who: str) -> str:
    """Give what a membership event makes of somebody; an empty string for any other event."""
    if event.get("type") != "m.room.member" or event.get("state_key") != who:
        return ""
    return string(mapping(event, "content"), "membership")


def stayed(event: Json) -> bool:
    """Whether a membership event only changes the name or picture of who was there."""
    before = mapping(mapping(event, "unsigned"), "prev_content")
    return before.get("membership") == "join"


def comes_in(event: Json, who: str) -> bool:
    """Whether with an event somebody who was not there comes in."""
    return membership(event, who) == "join" and not stayed(event)


@dataclass(frozen=True, slots=True)
class _Delivery:
    event: Json
    content: Json
    id: str
    sender: str
    there: There
    own: Own

    def line(self, content: Json) -> str | None:
        """Give the command that this event, or what it is edited to, is."""
        if string(self.event, "type") != "m.room.message":
            return None
        return called(content, self.own, direct=self.there.direct)

    def message(self, id_: str, text: str, thread: str | None) -> Message:
        at = moment(self.event.get("origin_server_ts"))
        return Message(self.there.channel, id_, self.sender, text, at, thread)

    def invocation(
        self,
        line: str,
        *,
        thread: str | None = None,
        on: str | None = None,
        revises: str | None = None,
    ) -> Invocation:
        return Invocation(
            self.there.channel,
            self.id,
            self.sender,
            line,
            thread,
            on=on,
            revises=revises,
            doubt=self.there.doubt,
        )


def _message(delivery: _Delivery) -> Heard | None:
    return _new_or_edited(delivery, words)


def _sticker(delivery: _Delivery) -> Heard | None:
    return _new_or_edited(delivery, sticker)


def _poll(delivery: _Delivery) -> Heard | None:
    return _new_or_edited(delivery, poll)


def _new_or_edited(delivery: _Delivery, words_of: Callable[[Json], str]) -> Heard | None:
    relation = mapping(delivery.content, "m.relates_to")
    original = identity(relation.get("event_id"))
    if string(relation, "rel_type") != "m.replace":
        in_thread = string(relation, "rel_type") == "m.thread"
        return _said(delivery, words_of, original or None if in_thread else None)
    now = mapping(delivery.content, "m.new_content")
    line = delivery.line(now)
    if not original or original == delivery.id:
        return None
    if line is not None:
        # What relates to another event begins no thread, so the original has to.
        thread = None if delivery.there.direct else original
        return Asked(delivery.invocation(line, thread=thread, revises=original))
    text = words_of(now)
    return Edited(delivery.message(original, text, None)) if text else None


def _said(delivery: _Delivery, words_of: Callable[[Json], str], thread: str | None) -> Heard | None:
    line = delivery.line(delivery.content)
    if line is not None:
        begun = None if delivery.there.direct else delivery.id
        return Asked(delivery.invocation(line, thread=thread or begun))
    text = words_of(delivery.content)
    return Said(delivery.message(delivery.id, text, thread)) if text else None


def _reaction(delivery: _Delivery) -> Heard | None:
    relation = mapping(delivery.content, "m.relates_to")
    on = identity(relation.get("event_id"))
    sign = mended(string(relation, "key")).replace("\ufe0f", "").strip()
    if string(relation, "rel_type") != "m.annotation" or not on or not sign:
        return None
    return Touched(delivery.invocation("", on=on), sign) if len(sign) <= LONGEST_SIGN else None


def _redaction(delivery: _Delivery) -> Heard | None:
    # The homeserver writes the first, in every version of rooms; before version 11 it counts
    # alone, and the sender may write anything as the second.
    told = identity(delivery.event.get("redacts"))
    message_id = told or identity(delivery.content.get("redacts"))
    return Deleted(delivery.there.channel, message_id) if message_id else None


_READERS: Mapping[str, Callable[[_Delivery], Heard | None]] = {
    "m.room.message": _message,
    "m.sticker": _sticker,
    "m.poll.start": _poll,
    "org.matrix.msc3381.poll.start": _poll,
    "m.reaction": _reaction,
    "m.room.redaction": _redaction,
}
