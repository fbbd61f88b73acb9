"""The Home tab is drawn when somebody looks at it, and anew after a button in it."""

from tests.platforms.slack.town import Town, json_of


async def drawn(town: Town, count: int = 1) -> None:
    await town.server.wait_for_calls("views.publish", count, within=10)


async def test_who_opens_the_home_tab_sees_something_there(town: Town) -> None:
    town.server.open_home(town.anna)
    await drawn(town)
    home = town.server.home_of(town.anna)
    assert home is not None
    assert home["blocks"]
    assert town.server.ephemerals() == []


async def test_a_home_tab_that_is_opened_again_at_once_is_drawn_once(town: Town) -> None:
    for _ in range(3):
        town.server.open_home(town.anna)
    town.server.open_home(ben := town.server.add_user("ben"))
    await town.server.until(lambda: town.server.home_of(ben), within=10)
    await town.app.settle(5)
    drawn_for = [call.arguments["user_id"] for call in town.server.calls_of("views.publish")]
    assert sorted(drawn_for) == sorted([town.anna, ben])


async def test_the_messages_tab_is_left_alone(town: Town) -> None:
    town.server.open_home(town.anna, "messages")
    assert await town.server.deliveries("events_api")[-1].finished()
    await town.app.settle(5)
    assert town.server.home_of(town.anna) is None


async def test_a_button_in_the_home_tab_answers_in_a_window_and_draws_the_tab_anew(
    town: Town,
) -> None:
    town.server.open_home(town.anna)
    await drawn(town)
    home = town.server.home_of(town.anna)
    assert home is not None
    button = {
        "type": "button",
        "text": {"type": "plain_text", "text": "Card"},
        "action_id": "command:1",
        "value": "vendor acme-cam",
    }
    home["blocks"].append({"type": "actions", "block_id": "b", "elements": [button]})
    town.server.click(town.anna, home["id"], label="Card")
    await drawn(town, 2)
    await town.server.until(
        lambda: [
            each
            for each in town.server.modals_of(town.anna)
            if "Acme Cam" in json_of(each["blocks"])
        ],
        within=10,
    )


async def test_a_home_tab_that_slack_refuses_says_the_sentence(town: Town) -> None:
    town.server.fault("views.publish", "error", error="invalid_arguments")
    town.server.open_home(town.anna)
    await drawn(town, 2)
    await town.server.until(lambda: town.server.home_of(town.anna), within=10)


async def test_a_home_tab_of_an_app_that_has_none_is_given_up(town: Town) -> None:
    town.server.fault("views.publish", "error", error="not_enabled", times=None)
    town.server.open_home(town.anna)
    await drawn(town)
    await town.app.settle(5)
    assert [each.reason for each in await town.app.store.parked(5)] == [
        "views.publish: not_enabled"
    ]
