"""The app in a workspace: its tokens, how it gets them and how it loses them."""

from collections.abc import Mapping
from typing import Any

from tests.slackserver.asked import Asked, Method, yes
from tests.slackserver.state import CODE_LIMIT, Installation, Json, SlackError, State, Token


def _organisation(identity: str | None) -> Json | None:
    return {"id": identity, "name": f"Organisation {identity}"} if identity else None


def auth_test(asked: Asked) -> Json:
    """Say whose token it is."""
    state, installation, _ = asked
    bot = state.users[installation.bot_user]
    team = state.teams[bot.team]
    told = {
        "url": f"https://{team.domain}.slack.com/",
        "team": team.name,
        "user": bot.name,
        "team_id": installation.team or installation.enterprise,
        "user_id": bot.id,
        "bot_id": installation.bot_id,
        "is_enterprise_install": installation.org_wide,
    }
    return told | ({"enterprise_id": team.enterprise} if team.enterprise else {})


def auth_revoke(asked: Asked) -> Json:
    """Revoke the tokens of the installation, unless it is only a test."""
    state, installation, arguments = asked
    if yes(arguments.get("test")):
        return {"revoked": False}
    revoke(state, installation, "token_revoked")
    return {"revoked": True}


def revoke(state: State, installation: Installation, error: str) -> None:
    """Make the tokens of an installation answer with an error from now on, and announce it."""
    event = {
        "type": "tokens_revoked",
        "tokens": {"oauth": [], "bot": [installation.bot_user]},
        "event_ts": state.clock.ts(),
    }
    team = installation.team or state.users[installation.bot_user].team
    state.announce("tokens_revoked", event, team, None)
    for token in state.tokens.values():
        if token.installation is installation:
            token.error = error
    state.touched()


def team_info(asked: Asked) -> Json:
    """Describe the workspace."""
    state, installation, _ = asked
    team = state.teams[state.users[installation.bot_user].team]
    return {"team": {"id": team.id, "name": team.name, "domain": team.domain}}


def bots_info(asked: Asked) -> Json:
    """Describe a bot."""
    state, _, arguments = asked
    for user in state.users.values():
        if user.bot_id and user.bot_id == arguments.get("bot"):
            told = {"id": user.bot_id, "app_id": user.app_id, "user_id": user.id}
            return {"bot": told | {"name": user.name, "deleted": user.deleted}}
    raise SlackError("bot_not_found")


def oauth_access(state: State, arguments: Mapping[str, Any]) -> Json:
    """Give a token for a code, once, or a new token for the one that ends."""
    app = state.app
    if arguments.get("client_id") != app.client_id:
        raise SlackError("invalid_client_id")
    if arguments.get("client_secret") != app.client_secret:
        raise SlackError("bad_client_secret")
    if arguments.get("grant_type") == "refresh_token":
        return _refreshed(state, arguments)
    code = state.codes.get(str(arguments.get("code") or ""))
    if code is None or code.uses:
        raise SlackError("invalid_code")
    code.uses += 1
    if state.clock.now() - code.made > CODE_LIMIT:
        raise SlackError("invalid_code")
    if (arguments.get("redirect_uri") or "") != code.about["redirect_uri"]:
        raise SlackError("bad_redirect_uri")
    token = state.install(
        code.about["team"],
        code.about["enterprise"],
        code.about["user"],
        frozenset(code.about["scopes"]),
    )
    state.touched()
    return _granted(state, token)


def _refreshed(state: State, arguments: Mapping[str, Any]) -> Json:
    old = next(
        (t for t in state.tokens.values() if t.refreshes == arguments.get("refresh_token")), None
    )
    if old is None or not old.refreshes or old.installation is None or old.error:
        raise SlackError("invalid_refresh_token")
    old.refreshes = ""
    return _granted(state, state.new_token(old.installation))


def _granted(state: State, token: Token) -> Json:
    installation = token.installation
    assert installation is not None
    team = state.teams.get(installation.team or "")
    told: Json = {
        "app_id": state.app.id,
        "authed_user": {"id": installation.installer},
        "scope": ",".join(sorted(installation.scopes)),
        "token_type": "bot",
        "access_token": token.value,
        "bot_user_id": installation.bot_user,
        "team": {"id": team.id, "name": team.name} if team else None,
        "enterprise": _organisation(installation.enterprise),
        "is_enterprise_install": installation.org_wide,
    }
    if token.expires is not None:
        told |= {"refresh_token": token.refreshes, "expires_in": 43_200}
    return told


METHODS = {
    "auth.test": Method(auth_test),
    "auth.revoke": Method(auth_revoke),
    "team.info": Method(team_info, ("team:read",)),
    "bots.info": Method(bots_info, ("users:read",)),
}
