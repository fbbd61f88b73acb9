"""A Slack to test against: a server of its own that speaks Slack's real protocols on loopback.

async with slack() as server:
    ann = server.add_user("ann")
    general = server.add_channel("general", [ann])
    client = AsyncWebClient(server.bot_token, base_url=server.api_url)
    ...
    server.say(general, ann, "Hikvision again")
    await server.until(lambda: server.posted(general))

`python -m tests.slackserver --port 0` runs it as a process. It checks blocks by slack_sdk's models
and its own rules, and knows nothing of the program that it tests.
"""

from tests.slackserver.control import Call, SlackServer
from tests.slackserver.deliver import Delivery
from tests.slackserver.server import slack
from tests.slackserver.state import SCOPES, SlackError

__all__ = ["SCOPES", "Call", "Delivery", "SlackError", "SlackServer", "slack"]
