"""Modals and Home tabs."""

import json

from tests.slackserver.asked import Asked, Method, required
from tests.slackserver.blocks import MOST_VIEW_BYTES, check_view, identified
from tests.slackserver.state import Installation, Json, SlackError, State

MOST_MODALS = 3


def checked_view(state: State, view: object, kind: str = "") -> Json:
    """Check a view; `kind` is what it must be, where that is not free."""
    if not isinstance(view, dict):
        raise SlackError("invalid_arguments")
    problems = check_view(view, refused=state.refused_blocks)
    if kind and view.get("type") != kind:
        problems = [f"must be a {kind} [json-pointer:/view/type]", *problems]
    if problems:
        told = [f"[ERROR] {each}" for each in problems]
        raise SlackError("invalid_arguments", response_metadata={"messages": told})
    if len(json.dumps(view)) > MOST_VIEW_BYTES:
        raise SlackError("view_too_large")
    return {**view, "blocks": identified(view["blocks"])}


def keep_view(state: State, installation: Installation, user: str, view: Json, old: Json) -> Json:
    """Put a view where its user sees it, in the place of an old one if there is one."""
    identity = old.get("id") or state.new_id("V")
    external = view.get("external_id")
    others = (v for v in state.views.values() if v["id"] != identity)
    if external and any(v.get("external_id") == external for v in others):
        raise SlackError("duplicate_external_id")
    kept = {
        **view,
        "id": identity,
        "team_id": installation.team or state.users[user].team,
        "app_id": state.app.id,
        "app_installed_team_id": installation.team,
        "bot_id": installation.bot_id,
        "state": {"values": {}},
        "hash": state.clock.ts(),
        "root_view_id": old.get("root_view_id") or identity,
        "previous_view_id": old.get("previous_view_id"),
        "user": user,
    }
    state.views[identity] = kept
    state.touched()
    return kept


def modals(state: State, user: str) -> list[Json]:
    """Give the open modals of a person, the one on top last."""
    views = state.views.values()
    return [view for view in views if view["type"] == "modal" and view["user"] == user]


def _modal(asked: Asked, *, push: bool) -> Json:
    state, installation, arguments = asked
    view = checked_view(state, arguments.get("view"), "modal")
    user = state.exchange(str(arguments.get("trigger_id") or ""))["user"]
    stack = modals(state, user)
    if push and len(stack) >= MOST_MODALS:
        raise SlackError("push_limit_reached")
    if not push:
        for each in stack:
            del state.views[each["id"]]
    kept = keep_view(state, installation, user, view, {})
    if push and stack:
        kept |= {"previous_view_id": stack[-1]["id"], "root_view_id": stack[0]["id"]}
    return {"view": kept}


def views_open(asked: Asked) -> Json:
    """Open a modal."""
    return _modal(asked, push=False)


def views_push(asked: Asked) -> Json:
    """Open a modal on top of the one that is open."""
    return _modal(asked, push=True)


def views_update(asked: Asked) -> Json:
    """Change a view that is still open."""
    state, installation, arguments = asked
    if not arguments.get("view_id") and not arguments.get("external_id"):
        required(arguments, "view_id")
    old = next(
        (
            view
            for view in state.views.values()
            if view["id"] == arguments.get("view_id")
            or (arguments.get("external_id") or None) == view.get("external_id", "")
        ),
        None,
    )
    if old is None:
        raise SlackError("not_found")
    view = checked_view(state, arguments.get("view"), old["type"])
    if arguments.get("hash") not in (None, "", old["hash"]):
        raise SlackError("hash_conflict")
    return {"view": keep_view(state, installation, old["user"], view, old)}


def views_publish(asked: Asked) -> Json:
    """Show a person the app's Home tab."""
    state, installation, arguments = asked
    required(arguments, "user_id")
    user = str(arguments["user_id"])
    if user not in state.users:
        raise SlackError("user_not_found")
    view = checked_view(state, arguments.get("view"), "home")
    old = home(state, user, installation.bot_id) or {}
    if arguments.get("hash") not in (None, "", old.get("hash")):
        raise SlackError("hash_conflict")
    return {"view": keep_view(state, installation, user, view, old)}


def home(state: State, user: str, bot_id: str) -> Json | None:
    """Give the Home tab that a person sees, if one was published."""
    for view in state.views.values():
        if view["type"] == "home" and (view["user"], view["bot_id"]) == (user, bot_id):
            return view
    return None


METHODS = {
    "views.open": Method(views_open),
    "views.push": Method(views_push),
    "views.update": Method(views_update),
    "views.publish": Method(views_publish),
}
