"""Looks for what is wrong with tokens, scopes and channels before the bot runs."""

from collections.abc import Iterable, Mapping

from bot.errors import DeliveryError
from bot.platforms.slack.api import Api, SlackError
from bot.platforms.slack.manifest import scopes

_CHANNEL_GONE = frozenset({"channel_not_found", "invalid_arguments"})


async def token_problems(api: Api, method: str, setting: str) -> list[str]:
    """Say in a line what Slack has against a token; nothing if it takes it."""
    try:
        await api.call(method)
    except DeliveryError as error:
        return [f"{setting}: {error}"]
    return []


async def scope_problems(api: Api) -> list[str]:
    """Say which scopes a bot token lacks; a token for look-ups only is said to be one."""
    try:
        granted = await api.scopes()
    except DeliveryError:
        return []  # that the token is no good is told already
    if granted is None:
        return []
    lacking = sorted(set(scopes()) - granted)
    if not lacking:
        return []
    remedy = "give the app deploy/slack-manifest.yml and install it again"
    if set(scopes(watching=False)) <= granted:
        what = "the app can be asked and reads no messages (look-ups only)"
        return [f"slack.bot_token: {what}; to watch channels, {remedy}"]
    named = f"scope{'' if len(lacking) == 1 else 's'} {', '.join(lacking)}"
    return [f"slack.bot_token lacks the {named}; {remedy}"]


async def channel_problems(api: Api, channels: Iterable[str]) -> list[str]:
    """Say of each configured channel (its Slack id) what keeps the bot from posting there."""
    problems = []
    for id_ in dict.fromkeys(channels):
        try:
            told = await api.ask("conversations.info", channel=id_)
        except SlackError as error:
            if error.code in _CHANNEL_GONE:
                wrong = "there is no such channel, or it is private and the bot is not in it"
                problems.append(f"slack:{id_}: {wrong}; type /invite @vendorwatch there")
            else:
                problems.append(f"slack:{id_}: {error}")
            continue
        channel = told.get("channel")
        if isinstance(channel, Mapping):
            problems += _wrong(id_, channel)
    return problems


def _wrong(id_: str, channel: Mapping[str, object]) -> list[str]:
    name = channel.get("name")
    place = f"slack:{id_} (#{name})" if isinstance(name, str) and name else f"slack:{id_}"
    if channel.get("is_archived") is True:
        return [f"{place}: the channel is archived"]
    if channel.get("is_member") is not True and channel.get("is_im") is not True:
        return [f"{place}: the bot is not in it; type /invite @vendorwatch there"]
    return []
