"""Several workspaces that install the bot, on a Slack-compatible server, over real sockets."""

import io
import json
import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from cryptography.fernet import Fernet

from bot.app import App
from bot.config import Config
from bot.core.mention import Channel
from bot.errors import BotError, DeliveryError
from bot.log import configure
from bot.platforms.slack.adapter import SlackPlatform
from bot.platforms.slack.http import EVENTS
from bot.platforms.slack.install import INSTALL, REDIRECT
from bot.platforms.slack.manifest import scopes
from bot.platforms.slack.safe import Granted, Safe
from bot.platforms.slack.workspaces import Workspaces
from bot.serve import assemble, now
from bot.talking import talking_on
from tests.platforms.slack.test_http import running, signed
from tests.platforms.slack.test_http import settings as http_settings
from tests.slackserver.control import SlackServer
from tests.slackserver.server import slack

KEY, OLD_KEY = Fernet.generate_key().decode(), Fernet.generate_key().decode()


@dataclass(slots=True)
class Office:
    """The bot, which anybody may install, with nobody's token; reached at `url`."""

    server: SlackServer
    app: App
    url: str
    http: aiohttp.ClientSession
    other: str
    """A second workspace; the first is the server's own."""

    async def get(self, address: str) -> tuple[int, str]:
        """Open an address as a browser does; give status and page."""
        async with self.http.get(address) as told:
            return told.status, await told.text()

    async def install(self, team: str) -> tuple[int, str]:
        """Go through the pages as somebody's browser does; give the last one."""
        return await self.get(f"{self.url}{INSTALL}?team={team}")

    async def install_everywhere(self, team: str) -> None:
        """Install it for the whole organisation of a workspace."""
        async with self.http.get(f"{self.url}{INSTALL}?team={team}", allow_redirects=False) as told:
            asked = told.headers["Location"]
        assert (await self.get(f"{asked}&org_wide=1"))[0] == 200

    async def begun(self, team: str) -> str:
        """Go to Slack's page; give the address that Slack would send the browser back to."""
        async with self.http.get(f"{self.url}{INSTALL}?team={team}", allow_redirects=False) as told:
            asked = told.headers["Location"]
        async with self.http.get(asked, allow_redirects=False) as told:
            return told.headers["Location"]

    async def listening(self) -> None:
        """Let the server send events here."""
        for _ in range(100):
            if await self.server.use_http(self.url + EVENTS):
                return
        raise AssertionError

    def place(self, team: str) -> tuple[str, str]:
        """Give a person and a channel of a workspace, with the bot in it."""
        person = self.server.add_user("somebody", team=team)
        return person, self.server.add_channel("hall", [person], team=team)

    async def post(self, channel: str, count: int = 1) -> str:
        """Wait for a card; give the workspace whose token brought it."""
        server = self.server
        await server.until(lambda: len(server.posted(channel)) >= count, within=10)
        posts = [
            each
            for each in server.calls_of("chat.postMessage")
            if each.arguments["channel"] == channel
        ]
        installation = server.state.tokens[posts[-1].token].installation
        assert installation is not None
        return installation.team or installation.enterprise or ""

    async def send(self, payload: Mapping[str, object]) -> int:
        """Send an event as Slack would."""
        body = json.dumps(payload)
        headers = signed(self.server, body)
        async with self.http.post(self.url + EVENTS, data=body, headers=headers) as told:
            return told.status


def settings(folder: Path, server: SlackServer, key: str = KEY, **more: object) -> Config:
    app = server.state.app
    return http_settings(
        folder,
        server,
        slack={
            "mode": "http",
            "signing_secret": app.signing_secret,
            "client_id": app.client_id,
            "client_secret": app.client_secret,
            "token_key": key,
            "api_url": server.api_url,
            **more,
        },
    )


@asynccontextmanager
async def opened(server: SlackServer, config: Config) -> AsyncIterator[Office]:
    other = server.add_team("Other", install=False)
    async with (
        running(config) as (app, url),
        aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http,
    ):
        yield Office(server, app, url, http, other)


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with (
        slack(retry_delays=(0.0, 0.2, 0.4)) as server,
        opened(server, settings(tmp_path, server)) as found,
    ):
        await found.listening()
        yield found


def database(folder: Path) -> bytes:
    """Read all that is on the disk."""
    return b"".join(each.read_bytes() for each in sorted(folder.glob("bot.db*")))


# Installing


async def test_each_workspace_gets_its_cards_with_its_own_token(office: Office) -> None:
    for team in (office.server.team, office.other):
        status, page = await office.install(team)
        assert (status, "Installed" in page) == (200, True)
    for team in (office.server.team, office.other):
        person, hall = office.place(team)
        office.server.say(hall, person, "Acme Cam")
        assert await office.post(hall) == team


async def test_slack_is_asked_for_the_scopes_of_the_manifest_and_no_others(
    office: Office,
) -> None:
    async with office.http.get(office.url + INSTALL, allow_redirects=False) as told:
        assert told.status == 302
        asked = urlsplit(told.headers["Location"])
        cookie = told.headers["Set-Cookie"]
    given = parse_qs(asked.query, keep_blank_values=True)
    assert asked.path == "/oauth/v2/authorize"
    assert given["scope"] == [",".join(scopes())]
    assert given["user_scope"] == [""]
    assert given["redirect_uri"] == [office.url + REDIRECT]
    assert f"={given['state'][0]}; " in cookie
    assert "HttpOnly" in cookie


async def test_behind_a_proxy_the_cookie_is_for_https_alone(tmp_path: Path) -> None:
    async with slack() as server, opened(server, settings(tmp_path, server)) as office:
        for headers in ({"Host": "bot.example.org"}, {"X-Forwarded-Proto": "https"}):
            async with office.http.get(
                office.url + INSTALL, headers=headers, allow_redirects=False
            ) as told:
                assert "; Secure" in told.headers["Set-Cookie"]
                assert "redirect_uri=https://" in told.headers["Location"]


async def test_the_address_of_the_configuration_counts_before_the_host_that_is_named(
    tmp_path: Path,
) -> None:
    async with slack() as server:
        config = settings(tmp_path, server)
        web = config.web.model_copy(update={"url": "https://bot.example.org/"})
        async with (
            opened(server, config.model_copy(update={"web": web})) as office,
            office.http.get(office.url + INSTALL, allow_redirects=False) as told,
        ):
            wanted = f"redirect_uri=https://bot.example.org{REDIRECT}&"
            assert wanted in told.headers["Location"] + "&"


async def test_a_page_that_names_no_host_installs_nothing(office: Office) -> None:
    for host in ("a b", "evil.example/path", ""):
        async with office.http.get(
            office.url + INSTALL, headers={"Host": host}, allow_redirects=False
        ) as told:
            assert told.status == 400


async def test_a_state_counts_once(office: Office) -> None:
    back = await office.begun(office.other)
    assert (await office.get(back))[0] == 200
    again = await office.begun(office.other)
    state = parse_qs(urlsplit(back).query)["state"][0]
    code = parse_qs(urlsplit(again).query)["code"][0]
    address = f"{office.url}{REDIRECT}?code={code}&state={state}"
    async with (
        aiohttp.ClientSession(headers={"Cookie": f"slack-app-oauth-state={state}"}) as same,
        same.get(address) as told,
    ):
        assert (told.status, "was done already" in await told.text()) == (401, True)
    assert len(office.server.calls_of("oauth.v2.access")) == 1


async def test_a_state_is_good_for_ten_minutes(office: Office, tmp_path: Path) -> None:
    back = await office.begun(office.other)
    with sqlite3.connect(tmp_path / "bot.db") as behind:
        behind.execute("UPDATE oauth_state SET expires_at = datetime('now', '-1 second')")
    behind.close()
    status, page = await office.get(back)
    assert (status, "more than ten minutes ago" in page) == (401, True)
    assert await office.app.store.installations("slack") == {}


@pytest.mark.parametrize("query", ["code=x", "code=x&state=", "code=x&state=mine", ""])
async def test_what_did_not_begin_here_is_refused_with_a_way_to_begin(
    office: Office, query: str
) -> None:
    status, page = await office.get(f"{office.url}{REDIRECT}?{query}")
    assert (status, "An installation begins at this server" in page) == (400, True)
    assert f'href="{INSTALL}"' in page
    assert office.server.calls_of("oauth.v2.access") == []


async def test_another_browser_cannot_go_on_with_what_was_begun(office: Office) -> None:
    back = await office.begun(office.other)
    async with aiohttp.ClientSession() as another, another.get(back) as told:
        assert told.status == 400
    assert await office.app.store.installations("slack") == {}


async def test_who_does_not_allow_it_in_slack_installs_nothing(office: Office) -> None:
    office.server.denies = True
    status, page = await office.install(office.other)
    assert (status, "It was not allowed in Slack" in page) == (200, True)
    assert await office.app.store.installations("slack") == {}


async def test_words_in_the_address_come_on_no_page_and_in_no_log(office: Office) -> None:
    stream = io.StringIO()
    configure("debug", "json", stream)
    _, page = await office.get(f"{office.url}{REDIRECT}?error=<b>pwned</b>")
    assert "pwned" not in page + stream.getvalue()
    assert "Slack could not install the app" in page


async def test_a_code_that_slack_does_not_take_installs_nothing_and_is_not_logged(
    office: Office,
) -> None:
    stream = io.StringIO()
    configure("debug", "json", stream)
    back = await office.begun(office.other)
    status, page = await office.get(back.replace("code=fake", "code=wrong"))
    assert (status, "Slack did not take the code" in page) == (401, True)
    assert "wrong." not in stream.getvalue()


async def test_while_slack_cannot_be_reached_nothing_is_installed(office: Office) -> None:
    office.server.fault("oauth.v2.access", "cut")
    status, page = await office.install(office.other)
    assert (status, "Slack could not be reached" in page) == (502, True)


async def test_an_app_whose_tokens_rotate_is_refused_with_the_reason(office: Office) -> None:
    office.server.state.app.rotates_tokens = True
    status, page = await office.install(office.other)
    assert (status, "oken rotation is on for this app" in page) == (400, True)
    assert await office.app.store.installations("slack") == {}


async def test_neither_token_nor_state_can_be_read_on_the_disk_or_in_the_log(
    office: Office, tmp_path: Path
) -> None:
    stream = io.StringIO()
    configure("debug", "json", stream)
    back = await office.begun(office.other)
    state = parse_qs(urlsplit(back).query)["state"][0]
    assert state.encode() not in database(tmp_path)
    await office.get(back)
    token = office.server.calls_of("auth.test")[-1].token
    assert token.startswith("xoxb-")
    for each in (token, state):
        assert each.encode() not in database(tmp_path)
        assert each not in stream.getvalue()
    assert '"installed in a slack workspace"' in stream.getvalue()


# What comes from a workspace


async def test_commands_and_buttons_are_answered_with_the_token_of_their_workspace(
    office: Office,
) -> None:
    await office.install(office.other)
    person, hall = office.place(office.other)
    office.server.slash(person, hall, "/vendor", "acme-cam")
    await office.server.until(lambda: office.server.ephemerals(person), within=10)
    office.server.say(hall, person, "Acme Cam")
    await office.post(hall)
    (card,) = office.server.posted(hall)
    office.server.click(person, hall, card["ts"], label="Full record")
    await office.server.wait_for_calls("views.update", within=10)
    (drawn,) = office.server.calls_of("views.update")
    installation = office.server.state.tokens[drawn.token].installation
    assert installation is not None
    assert installation.team == office.other
    direct = office.server.im(person)
    office.server.say(direct, person, "Road Runner")
    assert await office.post(direct) == office.other


async def test_what_a_workspace_says_is_its_own_teams(office: Office) -> None:
    await office.install(office.other)
    person, hall = office.place(office.other)
    office.server.say(hall, person, "Acme Cam")
    await office.post(hall)
    key = Channel("slack", hall).key
    assert await office.app.store.last_alerts("acme-cam", key, 5, office.other)
    assert await office.app.store.last_alerts("acme-cam", key, 5) == ()


async def test_an_event_of_a_workspace_without_the_app_is_acknowledged_and_dropped(
    office: Office,
) -> None:
    await office.install(office.other)
    person, hall = office.place(office.other)
    office.server.say(hall, person, "Acme Cam")
    await office.post(hall)
    payload = office.server.deliveries("events_api")[0].payload
    stranger = {**payload, "authorizations": [], "team_id": "T0STRANGER", "event_id": "Ev9"}
    assert await office.send(stranger) == 200
    await office.app.settle(5)
    assert len(office.server.posted(hall)) == 1


async def test_an_organisation_installs_it_for_all_of_its_workspaces(office: Office) -> None:
    teams = [
        office.server.add_team(name, enterprise="E0ORG", install=False) for name in ("One", "Two")
    ]
    await office.install_everywhere(teams[0])
    assert list(await office.app.store.installations("slack")) == ["E0ORG"]
    for team in teams:
        person, hall = office.place(team)
        office.server.say(hall, person, "Acme Cam")
        assert await office.post(hall) == "E0ORG"


async def test_a_workspace_of_an_organisation_that_has_its_own_installation_uses_that(
    office: Office,
) -> None:
    one, two = (
        office.server.add_team(name, enterprise="E0ORG", install=False) for name in ("One", "Two")
    )
    await office.install(one)
    await office.install_everywhere(two)
    person, hall = office.place(one)
    office.server.say(hall, person, "Acme Cam")
    assert await office.post(hall) == one


# Removing and installing again


async def test_nothing_is_sent_to_a_workspace_that_removed_the_app(office: Office) -> None:
    for team in (office.server.team, office.other):
        await office.install(team)
    person, hall = office.place(office.other)
    office.server.say(hall, person, "Acme Cam")
    await office.post(hall)
    office.server.uninstall(office.other)
    for delivery in office.server.deliveries("events_api"):
        assert await delivery.finished()
    assert list(await office.app.store.installations("slack")) == [office.server.team]
    before = len(office.server.calls)
    platform = office.app.platforms["slack"]
    with pytest.raises(DeliveryError, match="the app was removed from this workspace") as caught:
        await platform.withdraw(Channel("slack", hall, team=office.other), "1.0", key="k")
    assert caught.value.permanent
    assert len(office.server.calls) == before
    person, hall = office.place(office.server.team)
    office.server.say(hall, person, "Acme Cam")
    assert await office.post(hall) == office.server.team


async def test_a_workspace_that_installs_it_again_gets_its_cards_with_the_new_token(
    office: Office,
) -> None:
    await office.install(office.other)
    person, hall = office.place(office.other)
    office.server.say(hall, person, "Acme Cam")
    await office.post(hall)
    office.server.uninstall(office.other)
    for delivery in office.server.deliveries("events_api"):
        assert await delivery.finished()
    await office.install(office.other)
    person, hall = office.place(office.other)
    office.server.say(hall, person, "Road Runner")
    assert await office.post(hall) == office.other
    first, second = (each.token for each in office.server.calls_of("chat.postMessage"))
    assert first != second


async def test_a_removal_that_slack_tells_late_does_not_undo_a_new_installation(
    office: Office,
) -> None:
    await office.install(office.other)
    office.server.uninstall(office.other)
    for delivery in office.server.deliveries("events_api"):
        assert await delivery.finished()
    told = [each.payload for each in office.server.deliveries("events_api")]
    assert {each["event"]["type"] for each in told} == {"tokens_revoked", "app_uninstalled"}
    await office.install(office.other)
    for each in told:
        assert await office.send({**each, "event_time": each["event_time"] - 60}) == 200
    assert list(await office.app.store.installations("slack")) == [office.other]


async def test_a_removal_told_several_times_takes_only_the_workspace_and_not_its_organisation(
    office: Office,
) -> None:
    one, two = (
        office.server.add_team(name, enterprise="E0ORG", install=False) for name in ("One", "Two")
    )
    await office.install(one)
    await office.install_everywhere(two)
    office.server.redeliver(2)
    office.server.uninstall(one)
    for delivery in office.server.deliveries("events_api"):
        assert await delivery.finished()
    assert list(await office.app.store.installations("slack")) == ["E0ORG"]
    office.server.uninstall(two)
    for delivery in office.server.deliveries("events_api"):
        assert await delivery.finished()
    assert await office.app.store.installations("slack") == {}


async def test_tokens_that_are_revoked_end_the_installation(office: Office) -> None:
    await office.install(office.other)
    office.server.revoke_tokens(office.other)
    (sent,) = office.server.deliveries("events_api")
    assert await sent.finished()
    assert await office.app.store.installations("slack") == {}


# Keys


async def test_a_key_that_opens_nothing_is_one_clear_line_at_the_start(tmp_path: Path) -> None:
    async with slack() as server:
        async with opened(server, settings(tmp_path, server)) as office:
            await office.install(office.other)
            team = office.other
        config = settings(tmp_path, server, OLD_KEY)
        wanted = f"^slack.token_key does not open the token of workspace {team}: add the key"
        with pytest.raises(BotError, match=wanted):
            async with assemble(config, talking_on(config, now)):
                raise AssertionError


async def test_a_new_key_seals_what_an_old_one_sealed_which_may_then_be_dropped(
    tmp_path: Path,
) -> None:
    async with slack() as server:
        async with opened(server, settings(tmp_path, server, OLD_KEY)) as office:
            await office.install(office.other)
        for keys in (f"{KEY}, {OLD_KEY}", KEY):
            config = settings(tmp_path, server, keys)
            async with assemble(config, talking_on(config, now)) as (app, _):
                assert list(await app.store.installations("slack")) == [office.other]


def test_what_is_no_key_is_one_line_that_says_how_to_make_one(tmp_path: Path) -> None:
    for wrong in ("secret", ",", f"{KEY},short"):
        config = Config.model_validate(
            {
                "database": {"url": f"sqlite+aiosqlite:///{tmp_path / 'bot.db'}"},
                "slack": {"client_id": "1.2", "client_secret": "x", "token_key": wrong},
            }
        )
        with pytest.raises(BotError, match=r"^slack\.token_key must be .*openssl rand -base64 32"):
            talking_on(config, now)


def test_what_was_sealed_for_one_workspace_opens_for_no_other() -> None:
    safe = Safe.of(KEY)
    granted = Granted("T1", "xoxb-1", "U1")
    sealed = safe.seal(granted)
    assert safe.open("T1", sealed) == granted
    for workspace, data in (("T2", sealed), ("T1", sealed[:-4]), ("T1", "é"), ("T1", "")):
        with pytest.raises(BotError, match="does not open the token of workspace"):
            safe.open(workspace, data)
    assert "xoxb" not in repr(granted)
    assert KEY not in repr(safe)


# Beside a workspace of the configuration, and over sockets


async def test_the_workspace_of_the_configuration_stays_the_default_team(tmp_path: Path) -> None:
    async with slack() as server:
        config = settings(tmp_path, server, bot_token=server.bot_token)
        async with opened(server, config) as office:
            await office.listening()
            await office.install(office.other)
            for team in (server.team, office.other):
                person, hall = office.place(team)
                server.say(hall, person, "Acme Cam")
                assert await office.post(hall) == team
                key = Channel("slack", hall).key
                mine = await office.app.store.last_alerts("acme-cam", key, 5)
                assert bool(mine) == (team == server.team)


async def test_over_sockets_workspaces_install_it_as_well(tmp_path: Path) -> None:
    async with slack() as server:
        config = settings(tmp_path, server, mode="socket", app_token=server.app_token)
        async with opened(server, config) as office:
            await server.until(lambda: server.socket.connections, within=10)
            await office.install(office.other)
            person, hall = office.place(office.other)
            server.say(hall, person, "Acme Cam")
            assert await office.post(hall) == office.other


async def test_the_workspace_of_the_configuration_may_remove_the_app_and_come_back(
    tmp_path: Path,
) -> None:
    async with slack() as server:
        config = http_settings(tmp_path, server)
        async with opened(server, config) as office:
            await office.listening()
            server.uninstall()
            for delivery in server.deliveries("events_api"):
                assert await delivery.finished()
            (row,) = rows(tmp_path, "SELECT workspace, removed_at IS NULL FROM installation")
            assert row == ("default", 0)
            with pytest.raises(DeliveryError, match="the app was removed from this workspace"):
                await office.app.platforms["slack"].withdraw(Channel("slack", "C1"), "1.0", key="k")
        token = server.state.install(server.team, None, "U1", server.state.scopes).value
        back = config.slack.model_copy(update={"bot_token": token})
        async with opened(server, config.model_copy(update={"slack": back})) as office:
            await office.listening()
            assert rows(tmp_path, "SELECT removed_at FROM installation") == [(None,)]


def rows(folder: Path, statement: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(folder / "bot.db") as behind:
        found = behind.execute(statement).fetchall()
    behind.close()
    return found


async def test_in_a_channel_of_the_configuration_nothing_can_be_said_without_its_token(
    office: Office,
) -> None:
    with pytest.raises(DeliveryError, match=r"no slack\.bot_token is set") as caught:
        await office.app.platforms["slack"].withdraw(Channel("slack", "C1"), "1.0", key="k")
    assert caught.value.permanent


# Checking, and what is remembered


async def test_the_check_tries_the_client_secret_and_every_token(tmp_path: Path) -> None:
    async with slack() as server:
        config = settings(tmp_path, server)
        async with opened(server, config) as office:
            await office.install(office.other)
            (platform,) = office.app.platforms.values()
            assert await platform.check() == []
            server.state.installation(office.other)
            for token in server.state.tokens.values():
                token.error = "token_revoked"
            server.state.app.client_secret = "changed"  # noqa: S105 - of this server only
            assert await platform.check() == [
                f"workspace {office.other}: auth.test: token_revoked",
                "slack.client_secret: bad_client_secret",
            ]


async def test_only_so_many_workspaces_are_remembered_and_all_are_found(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.platforms.slack.workspaces.MOST_KNOWN", 1)
    platform = office.app.platforms["slack"]
    assert isinstance(platform, SlackPlatform)
    for team in (office.server.team, office.other):
        await office.install(team)
    for _ in range(2):
        for team in (office.server.team, office.other):
            place = await platform.workspaces.find(team, None)
            assert place is not None
            assert place.team == team
            assert len(platform.workspaces._known) == 1


async def test_another_process_that_installs_or_removes_is_noticed(office: Office) -> None:
    await office.install(office.other)
    clock = [0.0]
    somebody = office.app.platforms["slack"]
    assert isinstance(somebody, SlackPlatform)
    here = Workspaces(
        office.server.api_url,
        None,
        Safe.of(KEY),
        somebody.workspaces.somebody,
        clock=lambda: clock[0],
    )
    await here.open(office.app.store)
    try:
        before = await here.api_of(office.other)
        assert await here.api_of(office.other) is before
        await office.install(office.other)
        clock[0] += 31
        after = await here.api_of(office.other)
        assert after.token != before.token
        await office.app.store.remove("slack", office.other, office.app.clock())
        clock[0] += 31
        with pytest.raises(DeliveryError, match="was removed from this workspace"):
            await here.api_of(office.other)
        with pytest.raises(DeliveryError, match="was removed from this workspace"):
            await after.call("auth.test")
    finally:
        await here.close()
