"""Becoming one device of an account, and never one whose store is gone; what `check` says of it."""

from dataclasses import replace
from pathlib import Path
from secrets import token_bytes

import aiohttp
import pytest

from bot.errors import BotError
from bot.platforms.matrix import api
from bot.platforms.matrix.account import Account
from bot.platforms.matrix.checks import account_problems
from bot.platforms.matrix.device import Entrance, find_homeserver
from bot.platforms.matrix.errors import MatrixError
from bot.platforms.matrix.folder import Folder, Login
from bot.platforms.matrix.login import first_login, kept_identity
from bot.platforms.matrix.settings import AccountSettings
from tests.platforms.matrix.homeserver import Answer, Homeserver, refusal
from tests.platforms.matrix.house import BOT, account_settings

pytestmark = pytest.mark.proof

PASSWORD = "hunter2"  # noqa: S105 - of a server that lives for one test


@pytest.fixture
def settings(server: Homeserver, tmp_path: Path) -> AccountSettings:
    server.passwords[BOT] = PASSWORD
    return account_settings(server, tmp_path)


async def enter(settings: AccountSettings, connections: aiohttp.ClientSession) -> Login:
    """Start the bot's account as far as its device, and stop it."""
    folder = Folder(settings.store, settings.pickle_key)
    homeserver = api.Homeserver(settings.homeserver, connections)
    login, machine = await Entrance(settings, folder, homeserver).enter()
    machine.close()
    return login


async def problems(settings: AccountSettings, connections: aiohttp.ClientSession) -> list[str]:
    """Run the part of `vendorwatch check` that is about an account."""
    account = Account(settings, Folder(settings.store, settings.pickle_key))
    found, _ = await account_problems(account, connections)
    assert all(len(each.splitlines()) == 1 for each in found)
    return found


def lose_store(settings: AccountSettings) -> None:
    for each in settings.store.glob("*.olm*"):
        each.unlink()


async def test_a_restart_is_the_same_device_without_the_password(
    server: Homeserver, settings: AccountSettings, connections: aiohttp.ClientSession
) -> None:
    first = await enter(settings, connections)
    keys = server.devices[BOT][first.device_id]["keys"]
    again = await enter(replace(settings, password=None), connections)
    assert again == first
    assert server.devices[BOT] == {first.device_id: server.devices[BOT][first.device_id]}
    assert server.devices[BOT][first.device_id]["keys"] == keys
    assert len(server.of("POST", "/login")) == 1


async def test_a_lost_store_makes_a_new_device_and_takes_the_old_one_out(
    server: Homeserver, settings: AccountSettings, connections: aiohttp.ClientSession
) -> None:
    first = await enter(settings, connections)
    lose_store(settings)
    again = await enter(settings, connections)
    assert again.device_id != first.device_id
    assert set(server.devices[BOT]) == {again.device_id}
    assert await enter(settings, connections) == again


async def test_a_lost_store_without_a_password_stops_and_says_what_to_do(
    server: Homeserver, settings: AccountSettings, connections: aiohttp.ClientSession
) -> None:
    first = await enter(settings, connections)
    keys = server.devices[BOT][first.device_id]["keys"]
    lose_store(settings)
    with pytest.raises(BotError, match=r"its store is lost.*give the password, or a token"):
        await enter(replace(settings, password=None), connections)
    assert server.devices[BOT][first.device_id]["keys"] == keys


async def test_a_lost_store_with_a_configured_token_stops_though_there_is_a_password(
    server: Homeserver, settings: AccountSettings, connections: aiohttp.ClientSession
) -> None:
    token = server.login(BOT, "GIVEN")
    settings = replace(settings, token=token, device_id="GIVEN")
    assert (await enter(settings, connections)).device_id == "GIVEN"
    lose_store(settings)
    with pytest.raises(BotError, match="its store is lost"):
        await enter(settings, connections)
    assert token in server.tokens
    del server.tokens[token]
    with pytest.raises(BotError, match="give a new access_token with its device_id"):
        await enter(settings, connections)


async def test_the_token_of_another_program_is_refused_without_harm(
    server: Homeserver, settings: AccountSettings, connections: aiohttp.ClientSession
) -> None:
    token = server.login(BOT, "ELEMENT")
    keys = {"ed25519:ELEMENT": "A" * 43, "curve25519:ELEMENT": "B" * 43}
    server.devices[BOT]["ELEMENT"] = {"keys": keys}
    settings = replace(settings, token=token, device_id="ELEMENT", password=None)
    with pytest.raises(BotError, match="made for another program"):
        await enter(settings, connections)
    assert server.devices[BOT]["ELEMENT"] == {"keys": keys}
    assert token in server.tokens


async def test_a_token_of_somebody_else_is_refused(
    server: Homeserver, settings: AccountSettings, connections: aiohttp.ClientSession
) -> None:
    token = server.login("@anna:a.example", "PHONE")
    settings = replace(settings, token=token, device_id="PHONE", password=None)
    with pytest.raises(BotError, match=r"the token is of @anna:a.example with device PHONE"):
        await enter(settings, connections)


async def test_a_login_that_was_ended_elsewhere_is_made_anew_with_the_password(
    server: Homeserver, settings: AccountSettings, connections: aiohttp.ClientSession
) -> None:
    first = await enter(settings, connections)
    server.tokens.clear()
    server.devices.clear()
    server.login("@other:a.example", "X")
    again = await enter(settings, connections)
    assert again.device_id != first.device_id
    server.tokens.clear()
    with pytest.raises(BotError, match=r"the login .* is not good any more"):
        await enter(replace(settings, password=None), connections)


async def test_a_server_without_passwords_asks_for_a_token(
    server: Homeserver, settings: AccountSettings, connections: aiohttp.ClientSession
) -> None:
    server.flows = ["m.login.sso"]
    with pytest.raises(BotError, match=r"takes no passwords.*set access_token and device_id"):
        await enter(settings, connections)
    assert await problems(settings, connections) == [
        "the homeserver takes no passwords; give access_token and device_id"
    ]


async def test_nobody_is_logged_in_and_nothing_is_configured(
    settings: AccountSettings, connections: aiohttp.ClientSession
) -> None:
    with pytest.raises(BotError, match="run: vendorwatch matrix login"):
        await enter(replace(settings, password=None), connections)


@pytest.mark.parametrize("answer", [{}, {"user_id": BOT}, {"user_id": 7, "device_id": []}])
async def test_a_login_that_does_not_say_who_one_is_now_is_refused(
    server: Homeserver,
    settings: AccountSettings,
    connections: aiohttp.ClientSession,
    answer: dict[str, object],
) -> None:
    server.next("POST", "/login", Answer(body=answer))
    with pytest.raises(BotError, match="did not say who the bot is"):
        await enter(settings, connections)


@pytest.mark.parametrize("given", ["a b", "a/b", "a@b", "", "a.example:123456"])
async def test_what_is_no_server_s_name_is_asked_nowhere(
    connections: aiohttp.ClientSession, given: str
) -> None:
    with pytest.raises(BotError, match="neither an address nor a server's name"):
        await find_homeserver(given, connections)


async def test_a_server_that_cannot_be_asked_where_its_homeserver_is(
    server: Homeserver, connections: aiohttp.ClientSession
) -> None:
    name = server.base.removeprefix("http://")  # where nothing speaks TLS
    with pytest.raises(BotError, match="does not say where its homeserver is: the homeserver"):
        await find_homeserver(name, connections)


# What `check` says


async def test_all_is_well(
    server: Homeserver, settings: AccountSettings, connections: aiohttp.ClientSession
) -> None:
    assert await problems(settings, connections) == [
        "not logged in yet; run: vendorwatch matrix login"
    ]
    lines = await first_login(settings, None, token_bytes)
    assert lines[0].startswith(f"Logged in as {BOT}, device DEVICE")
    asked = len(server.asked)
    files = sorted(settings.store.iterdir())
    assert await problems(settings, connections) == []
    assert {each.method for each in server.asked[asked:]} == {"GET", "POST"}
    assert [e.path for e in server.asked[asked:] if e.method == "POST"] == ["/keys/query"]
    assert sorted(settings.store.iterdir()) == files


async def test_check_names_what_is_wrong(
    server: Homeserver, settings: AccountSettings, connections: aiohttp.ClientSession
) -> None:
    login = await enter(settings, connections)
    assert "no cross-signing identity yet" in (await problems(settings, connections))[0]
    await first_login(settings, None, token_bytes)
    server.devices[BOT][login.device_id]["signatures"] = {}
    assert f"device {login.device_id} is not signed" in (await problems(settings, connections))[0]
    lose_store(settings)
    (settings.store / "OTHER.olm").touch()
    assert "store is not there" in (await problems(settings, connections))[0]
    server.tokens.clear()
    assert "the login is not good: M_UNKNOWN_TOKEN" in (await problems(settings, connections))[0]
    wrong = replace(settings, pickle_key="another key of sixteen")
    assert "does not open with" in (await problems(wrong, connections))[0]


async def test_check_names_whose_a_token_is_if_it_is_not_the_account_s(
    server: Homeserver, settings: AccountSettings, connections: aiohttp.ClientSession
) -> None:
    token = server.login("@anna:a.example", "PHONE")
    settings = replace(settings, token=token, device_id="GIVEN")
    [told] = await problems(settings, connections)
    assert told.startswith("the token is of @anna:a.example with device PHONE")


@pytest.mark.parametrize("flows", [None, 7, "m.login.password", [7], [{"type": 7}]])
async def test_check_survives_what_is_no_homeserver(
    server: Homeserver,
    settings: AccountSettings,
    connections: aiohttp.ClientSession,
    flows: object,
) -> None:
    server.next("GET", "/login", Answer(body={"flows": flows}))
    assert "takes no passwords" in (await problems(settings, connections))[0]
    server.next("GET", "/_matrix", Answer(200, b"<html>"))
    assert "no homeserver" in (await problems(settings, connections))[0]
    gone = replace(settings, homeserver="http://127.0.0.1:1")
    assert "cannot be reached" in (await problems(gone, connections))[0]


# The first login


async def test_a_first_login_tells_the_recovery_key_once(
    server: Homeserver, settings: AccountSettings
) -> None:
    server.next("GET", f"/user/{BOT}".replace("@", "%40").replace(":", "%3A"))
    lines = await first_login(settings, None, token_bytes)
    assert "Its identity is" in lines[1]
    again = await first_login(settings, None, token_bytes)
    assert again == lines[:2]
    assert PASSWORD not in "".join(lines)


async def test_a_wrong_password_is_refused_in_one_line(settings: AccountSettings) -> None:
    with pytest.raises(BotError, match="M_FORBIDDEN"):
        await first_login(replace(settings, password="wrong"), None, token_bytes)  # noqa: S106 - a wrong one


async def test_a_store_in_use_is_left_alone(settings: AccountSettings) -> None:
    with (
        Folder(settings.store, settings.pickle_key).held(),
        pytest.raises(BotError, match="another process uses it"),
    ):
        await first_login(settings, None, token_bytes)


async def test_an_identity_that_is_damaged_is_named_with_its_file(
    settings: AccountSettings,
) -> None:
    folder = Folder(settings.store, settings.pickle_key)
    folder.keep_identity('{"master_public": "AAAA"}')
    with pytest.raises(BotError, match=r"identity is damaged; restore it.*recovery_key"):
        kept_identity(folder)


async def test_a_server_that_fails_at_the_login_leaves_nothing_half_done(
    server: Homeserver, settings: AccountSettings, connections: aiohttp.ClientSession
) -> None:
    server.next("POST", "/keys/upload", refusal(500, "M_UNKNOWN"))
    with pytest.raises(MatrixError):
        await enter(settings, connections)
    assert await problems(settings, connections)
    login = await enter(settings, connections)
    assert login.device_id in server.devices[BOT]
    assert len(server.of("POST", "/login")) == 1
