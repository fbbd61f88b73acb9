"""The Web API as one table: who may call what, and what is answered.

Names of errors are those of the method pages under https://docs.slack.dev/reference/methods
"""

import json

from tests.slackserver import chat, conversations, install, views
from tests.slackserver.asked import Asked, Method, need
from tests.slackserver.state import Json, SlackError, State, Token

METHODS: dict[str, Method] = chat.METHODS | conversations.METHODS | views.METHODS | install.METHODS
_ENCODED = ("blocks", "attachments", "metadata", "view")


def call(state: State, name: str, token: Token | None, arguments: Json) -> Json:
    """Answer a call, without the `ok` in front. `token` is None where none or no such was sent."""
    if name == "oauth.v2.access":
        return install.oauth_access(state, arguments)
    if name not in METHODS and name != "apps.connections.open":
        raise SlackError("unknown_method", req_method=name)
    if token is None:
        raise SlackError("not_authed" if "token" not in arguments else "invalid_auth")
    if token.error:
        raise SlackError(token.error)
    if token.expires is not None and state.clock.now() > token.expires:
        raise SlackError("token_expired")
    if token.installation is None:
        if name == "auth.test":
            return {"app_name": state.app.name, "app_id": state.app.id}
        raise SlackError("not_allowed_token_type")
    if name not in METHODS:
        raise SlackError("not_allowed_token_type")
    entry = METHODS[name]
    if entry.scopes:
        need(token.installation, *entry.scopes)
    return entry.handler(Asked(state, token.installation, _decoded(arguments)))


def _decoded(arguments: Json) -> Json:
    """Decode those arguments that are JSON inside of a form."""
    decoded = dict(arguments)
    for name in _ENCODED:
        value = decoded.get(name)
        if isinstance(value, str):
            if not value:
                del decoded[name]
                continue
            try:
                decoded[name] = json.loads(value)
            except ValueError:
                raise SlackError(_format_error(name)) from None
    return decoded


def _format_error(name: str) -> str:
    known = {"blocks": "invalid_blocks_format", "metadata": "invalid_metadata_format"}
    return known.get(name, "invalid_arguments")
