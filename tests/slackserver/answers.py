"""What an answer of the app does: to a command or a click, to a modal that was submitted."""

from tests.slackserver.chat import author, content, show
from tests.slackserver.state import Channel, Installation, Json, SlackError, State
from tests.slackserver.views import checked_view, keep_view, modals


def respond(state: State, about: Json, answer: Json) -> None:
    """Take an answer to a command or a click, by response_url or in its acknowledgement."""
    channel = state.channels[about["channel"]]
    if about.get("message") and answer.get("delete_original") in (True, "true"):
        _replace(state, channel, about["message"], None)
        return
    made = content(state, answer)
    if about.get("message") and answer.get("replace_original") in (True, "true"):
        _replace(state, channel, about["message"], made)
        return
    app = next(each for each in state.installations if each.bot_id == about["bot_id"])
    message = author(state, app, channel) | made
    if thread := answer.get("thread_ts") or about.get("thread"):
        message["thread_ts"] = str(thread)
    if answer.get("response_type") == "in_channel":
        state.post(channel, message)
    else:
        show(state, channel, about["user"], message)


def submitted(state: State, app: Installation, shown: Json, answer: Json) -> None:
    """Take the answer to a submitted modal, which says what becomes of it."""
    action, user = answer.get("response_action"), shown["user"]
    if action == "errors":
        state.views[shown["id"]]["errors"] = answer.get("errors")
    elif action in ("update", "push"):
        view = checked_view(state, answer.get("view"), "modal")
        old = shown if action == "update" else {}
        kept = keep_view(state, app, user, view, old)
        if action == "push":
            kept["previous_view_id"] = shown["id"]
    elif action == "clear":
        for view in modals(state, user):
            del state.views[view["id"]]
    state.touched()


def _replace(state: State, channel: Channel, ts: str, made: Json | None) -> None:
    hidden = next((e for e in state.ephemerals if e["ts"] == ts), None)
    message = channel.messages.get(ts)
    if hidden is not None and made is None:
        state.ephemerals.remove(hidden)
    elif hidden is not None and made is not None:
        hidden.pop("blocks", None)
        hidden.update(made)
    elif message is None:
        raise SlackError("message_not_found")
    elif made is None:
        state.delete(channel, message)
    else:
        state.change(channel, message, {"blocks": None, **made})
    state.touched()


def find_element(holder: Json, action_id: str, label: str) -> tuple[Json, str]:
    """Find what can be clicked, and the id of the block that it is in."""
    there = []
    blocks = [*holder.get("blocks", [])]
    for attachment in holder.get("attachments", []):
        blocks += attachment.get("blocks", [])
    for block in blocks:
        inside = [*block.get("elements", []), block.get("accessory"), block.get("element")]
        for element in inside:
            if not isinstance(element, dict) or "action_id" not in element:
                continue
            shown = (element.get("text") or {}).get("text", "")
            if (action_id and element["action_id"] == action_id) or (label and shown == label):
                return element, block["block_id"]
            there.append(f"{element['action_id']} ({shown})")
    raise LookupError(f"nothing to click is {action_id or label}; there are {', '.join(there)}")
