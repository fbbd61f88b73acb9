"""The store folder, the login and the identity: lost, damaged, taken away, used twice."""

import asyncio
import json
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.matrix.backlog import LIMIT, all_answered, answer, answered, cared_for, met
from tests.matrix.bot import Bot
from tests.matrix.far import Far
from tests.matrix.homeserver import Homeserver
from tests.matrix.proxy import door

pytestmark = pytest.mark.matrix


async def run(bot: Bot, *words: str, **settings: object) -> tuple[int, str, str]:
    """Run a command of the bot's; give its exit code, what it printed and its complaints."""
    path = _config(bot, settings)  # at one go: others do so at the same time
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", *words, "--config", str(path)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    async with asyncio.timeout(LIMIT):
        out, complaints = await process.communicate()
    said = out.decode() + complaints.decode()
    assert "Traceback" not in said
    for secret in (bot.account.password, bot.account.access_token, "a pickle key"):
        assert secret not in said
    assert process.returncode is not None
    return process.returncode, out.decode(), complaints.decode()


def _config(bot: Bot, settings: Mapping[str, object]) -> Path:
    config = json.loads(bot.write().read_text(encoding="utf-8"))
    config["matrix"]["accounts"][0].update(settings)
    number = len(list(bot.folder.glob("config*.yml")))
    path = bot.folder / f"config{number}.yml"
    path.write_text(json.dumps(config), encoding="utf-8")
    return path


async def device(bot: Bot) -> str:
    """Give the device that a running bot says it is."""
    lines = [each for each in bot.lines if each.get("event") == "matrix: connected"]
    return str(lines[-1]["device"])


async def devices(bot: Bot, server: Homeserver) -> set[str]:
    """Give the devices of the bot's account that the server knows, but for the tests' own."""
    found = await asyncio.to_thread(
        server.request, "GET", "/_matrix/client/v3/devices", token=bot.account.access_token
    )
    listed = found["devices"]
    assert isinstance(listed, list)
    return {each["device_id"] for each in listed} - {bot.account.device_id}


@pytest.mark.long
async def test_login_prints_a_recovery_key_which_makes_up_for_a_lost_store(
    others: Far, synapse: Homeserver, tmp_path: Path
) -> None:
    anna = await others.login(synapse, synapse.newcomer("anna"))
    async with cared_for(tmp_path, synapse) as bot:
        code, out, _ = await run(bot, "matrix", "login")
        assert code == 0
        recovery = next(
            line.removeprefix("Its recovery key is: ")
            for line in out.splitlines()
            if line.startswith("Its recovery key is: ")
        )
        await bot.start()
        was = await device(bot)
        room = await met(anna, bot, encrypted=True)
        await bot.stop()
        known = await anna.identity(bot.user_id)
        await asyncio.to_thread(shutil.rmtree, bot.store)

        await bot.start(wait=False)
        line = await bot.wait_line("others may not see what the bot says")
        assert "recovery_key" in str(line["why"])
        await bot.stop()
        code, _, complaints = await run(bot, "check")
        assert code == 2
        assert "is not signed" in complaints

        bot.settings["recovery_key"] = recovery
        await bot.start()
        assert await device(bot) != was
        assert await anna.identity(bot.user_id) == known
        asked = await anna.send(room, "!vendor hikvision")
        seen = await anna.wait_event(
            room, sender=bot.user_id, rel_type="m.thread", relates_to=asked
        )
        assert (seen.encrypted, seen.shield) == (True, "none")
        code, out, complaints = await run(bot, "check")
        assert (code, out.strip(), complaints) == (0, "all is well", "")
        assert not any(recovery in json.dumps(each) for each in bot.lines)


@pytest.mark.long
async def test_a_device_whose_keys_are_lost_is_logged_out_and_never_taken_up_again(
    others: Far, synapse: Homeserver, tmp_path: Path
) -> None:
    anna = await others.login(synapse, synapse.newcomer("anna"))
    async with cared_for(tmp_path, synapse) as bot:
        await bot.start()
        was = await device(bot)
        room = await met(anna, bot, encrypted=True)
        await bot.kill()
        for each in bot.store.glob("*.olm"):
            each.unlink()
        await bot.start()
        assert await device(bot) != was
        assert await devices(bot, synapse) == {await device(bot)}
        asked = await anna.send(room, "!vendor hikvision")
        assert "Hikvision" in await answer(anna, room, bot, asked)


@pytest.mark.long
async def test_a_second_bot_on_a_store_is_refused_and_disturbs_nothing(
    others: Far, synapse: Homeserver, tmp_path: Path
) -> None:
    anna = await others.login(synapse, synapse.newcomer("anna"))
    async with cared_for(tmp_path / "one", synapse) as bot, door(synapse) as way:
        await bot.start()
        room = await met(anna, bot, encrypted=True)
        settings: dict[str, object] = {"store": str(bot.store), "homeserver": way.url}
        async with cared_for(
            tmp_path / "two", synapse, account=bot.account, settings=settings
        ) as second:
            await second.start(wait=False)
            line = await second.wait_line("an account failed")
            assert "another process uses it" in str(line["error"])
            await second.wait_line("an account failed", after=second.lines.index(dict(line)) + 1)
            code, out, complaints = await run(second, "matrix", "login")
            assert (code, out) == (2, "")
            assert complaints.count("\n") == 1
            assert "another process uses it" in complaints
            assert way.asked == []
            asked = await anna.send(room, "!vendor hikvision")
            assert "Hikvision" in await answer(anna, room, bot, asked)
            assert await second.stop() == 0
        assert await answered(anna, room, bot) == [asked]


@pytest.mark.long
async def test_a_login_that_is_taken_away_is_told_and_not_hammered(
    others: Far, synapse: Homeserver, tmp_path: Path
) -> None:
    anna = await others.login(synapse, synapse.newcomer("anna"))
    account = await asyncio.to_thread(synapse.newcomer, "bot")
    async with (
        door(synapse) as way,
        cared_for(
            tmp_path,
            synapse,
            account=account,
            settings={
                "homeserver": way.url,
                "password": None,
                "access_token": account.access_token,
                "device_id": account.device_id,
            },
        ) as bot,
    ):
        await bot.start()
        assert await device(bot) == account.device_id
        room = await met(anna, bot, encrypted=True)
        known, told = len(way.asked), len(bot.lines)
        await asyncio.to_thread(
            synapse.request, "POST", "/_matrix/client/v3/logout", {}, token=account.access_token
        )
        line = await bot.wait_line("an account failed", after=told)
        again = await bot.wait_line("an account failed", after=bot.lines.index(dict(line)) + 1)
        for each in (line, again):
            assert "the login" in str(each["error"])
            assert "give a new" in str(each["error"])
            assert account.access_token not in json.dumps(each)
        assert len(way.asked) - known < 6
        assert all("exception" not in each for each in bot.lines[told:])
        code, _, complaints = await run(bot, "check", **bot.settings)
        assert code == 2
        assert "the login is not good" in complaints
        await bot.stop()
        bot.settings = {"homeserver": way.url}
        await bot.start()  # the password makes a new device, which the kept identity signs
        assert await device(bot) != account.device_id
        await all_answered(anna, [room], bot)


async def test_with_a_password_a_login_that_is_taken_away_is_made_anew(
    others: Far, synapse: Homeserver, tmp_path: Path
) -> None:
    anna = await others.login(synapse, synapse.newcomer("anna"))
    async with cared_for(tmp_path, synapse) as bot:
        await bot.start()
        was, told = await device(bot), len(bot.lines)
        room = await met(anna, bot, encrypted=True)
        where = "/_matrix/client/v3/logout/all"
        await asyncio.to_thread(synapse.request, "POST", where, {}, token=bot.account.access_token)
        await bot.wait_line("matrix: connected", after=told)
        assert await device(bot) != was
        await all_answered(anna, [room], bot)


def lone(told: tuple[int, str, str]) -> str:
    """Give the one line that a command which failed has to say."""
    code, out, complaints = told
    assert (code, out) == (2, "")
    first, *more = complaints.splitlines()
    assert more in ([], ["vendorwatch: 1 problem"])
    return first


@pytest.mark.long
async def test_a_login_that_fails_says_why_in_one_line(synapse: Homeserver, tmp_path: Path) -> None:
    async with cared_for(tmp_path, synapse) as bot:
        words = ("matrix", "login")
        where, who, token = synapse.base_url, bot.user_id, bot.account.access_token
        away = {"homeserver": "http://127.0.0.1:9"}
        other = {"password": None, "access_token": token, "device_id": "OTHER"}
        gone = {"password": None, "access_token": "nothing", "device_id": "OTHER"}
        told = await asyncio.gather(
            run(bot, *words, **away),
            run(bot, "check", **away),
            run(bot, "check"),
            run(bot, *words, password="not this one", store=str(tmp_path / "a")),  # noqa: S106
            run(bot, *words, **other, store=str(tmp_path / "b")),
            run(bot, *words, **gone, store=str(tmp_path / "c")),
        )
        nobody, unchecked, new, refused, another, unknown = map(lone, told)
        for line in (nobody, unchecked):
            assert "http://127.0.0.1:9: the homeserver cannot be reached" in line
        assert new == f"matrix: {who}: not logged in yet; run: vendorwatch matrix login"
        assert f"{where} does not let {who} in with this password (M_FORBIDDEN" in refused
        assert f"the token is of {who} with device {bot.account.device_id}" in another
        assert f"the login of {who} is not good any more (M_UNKNOWN_TOKEN" in unknown


@pytest.mark.long
async def test_a_store_that_does_not_open_says_so_in_one_line(
    synapse: Homeserver, tmp_path: Path
) -> None:
    async with cared_for(tmp_path, synapse) as bot:
        code, _, _ = await run(bot, "matrix", "login")
        assert code == 0
        names = ["key", "login", "identity", "store"]
        for name in names:
            copy = tmp_path / f"of-{name}"
            await asyncio.to_thread(shutil.copytree, bot.store, copy)
            await asyncio.to_thread(_damage, copy, "*.olm" if name == "store" else name)
        other = {"pickle_key": "a pickle key that is another one"}
        told = await asyncio.gather(
            run(bot, "check", store=str(tmp_path / "of-key"), **other),
            run(bot, "matrix", "login", store=str(tmp_path / "of-key"), **other),
            *(
                run(bot, "matrix", "login", store=str(tmp_path / f"of-{each}"))
                for each in names[1:]
            ),
        )
        places = ["login", "login", "login", "identity", ".olm"]
        for name, line in zip(places, map(lone, told), strict=True):
            assert f"{name} does not open" in line
            assert "pickle_key" in line
        # Nothing was mended away: the right key still opens it.
        code, _, _ = await run(bot, "matrix", "login", store=str(tmp_path / "of-key"))
        assert code == 0


def _damage(folder: Path, names: str) -> None:
    for each in folder.glob(names):
        each.write_bytes(each.read_bytes()[:50] + b"damaged" * 30)
