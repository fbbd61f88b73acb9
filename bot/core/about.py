"""What the bot says of itself when it comes into a channel: what it reads, keeps and answers."""

from bot.core.document import (
    Actions,
    Bullets,
    Button,
    Document,
    Footnote,
    Handle,
    Item,
    Paragraph,
    said,
    spoken,
    strong,
    words,
)
from bot.core.duration import write_duration
from bot.core.mention import Channel
from bot.core.places import Listening, Watch, listens
from bot.core.settings import Mode, Settings

MODES = {
    Mode.THREAD: "in a thread under it",
    Mode.CHANNEL: "in the channel",
    Mode.REACT: "as a mark on it, which opens the card for you alone",
    Mode.DIGEST: "collected, in a digest",
    Mode.TRIAL: "in a weekly digest of what would have been posted",
    Mode.OFF: "not at all",
}


def about(
    channel: Channel, decided: Listening | None, watch: Watch, settings: Settings, vendors: int
) -> Document:
    """Introduce the bot to a channel, and say whether it listens there."""
    listening = listens(channel, decided, watch)
    count = f"{vendors} vendor{'' if vendors == 1 else 's'} on a watchlist"
    lead = f"I watch for {count} and post what is on record about them, "
    lead += "with sources and the vendors' own answers."
    items = [
        _reading(channel, decided, watch, settings, listening=listening),
        Item(
            words(
                strong("What I keep"),
                ": no messages. Of one that names a vendor: "
                + (
                    "its id, the time and the vendor."
                    if channel.encrypted
                    else "its id, the time, the vendor and the words that matched."
                ),
            )
        ),
        Item(
            words(
                strong("Ask me"),
                *spoken(
                    ": `vendor list` says who is watched, `vendor <name>` shows a card, "
                    "`vendor help` the rest."
                ),
            )
        ),
        Item(
            words(
                strong("Too much?"),
                *spoken(
                    " `vendor mute <name>` quiets a vendor here; “Wrong match” under a card takes "
                    "it back."
                    + (" An admin ends the listening with `vendor watch off`." if listening else "")
                ),
            )
        ),
    ]
    foot = "Cards are no legal advice, and absence from a list is not clearance."
    return Document(
        f"VendorWatch is here. {'It listens.' if listening else 'It does not listen yet.'}",
        (
            Paragraph(words(strong("VendorWatch"), ": ", lead)),
            Bullets(tuple(items)),
            Footnote(words(foot)),
        ),
    )


def _reading(
    channel: Channel,
    decided: Listening | None,
    watch: Watch,
    settings: Settings,
    *,
    listening: bool,
) -> Item:
    what = strong("What I read")
    if listening:
        how = MODES[settings.mode]
        text = f": every message here, in memory, for vendors' names. A match is told {how}"
        if settings.mode in {Mode.REACT, Mode.OFF}:  # marks know no cooldown
            return Item(words(what, f"{text}."))
        text += f"; the same vendor again after {write_duration(settings.cooldown)} at the earliest"
        return Item(words(what, f"{text}."))
    who = "n admin"
    if decided is Listening.OFF:
        why = "listening is switched off here"
    elif channel.external:
        why = "another organisation shares this channel"
    elif channel.encrypted:
        why, who = "this room is encrypted", " moderator"
    else:
        why = "an admin has to approve it" if watch is Watch.ON_APPROVAL else "it is switched off"
    return Item(words(what, *spoken(f": nothing, since {why}. A{who} types `vendor watch on`.")))


def went_on(*, listening_lost: bool) -> Document:
    """Say in a channel that it follows another one."""
    told = "This room follows an older one, and all that was set there holds here."
    if listening_lost:
        told += " Only that I listened does not, since this room is encrypted: "
        told += "a moderator types `vendor watch on`."
    return said(told)


def awaits_approval(channel: Channel, by: str | None) -> Document:
    """Ask admins about a channel that all may know of."""
    who = (" by ", Handle(by, "person")) if by else ()
    told = words("The bot was invited to ", Handle(channel.id, "channel"), *who, ".")
    ask = "No message there is looked at until an admin approves."
    button = Button("Approve this channel", f"vendor watch on {channel.key}", "✅")
    text = f"The bot was invited to {channel.key} and waits for approval."
    return Document(text, (Paragraph(words(*told, " ", ask)), Actions((button,))))
