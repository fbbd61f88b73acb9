"""The section `matrix`: accounts in a file and in the environment, and what is said when wrong."""

from pathlib import Path

import pytest

from bot.configfile import load
from bot.core.places import Watch
from bot.errors import BotError, InvalidFileError
from bot.platforms.matrix.settings import AccountSettings, Manner, Placing, Trust

KEY = "sixteen characters"
ACCOUNT = f"homeserver: https://m.example, user: '@bot:a.example', pickle_key: {KEY}"
PREFIX = "VENDORWATCH_MATRIX__ACCOUNTS__"
FROM_VARIABLES = {
    f"{PREFIX}0__HOMESERVER": "https://m.example",
    f"{PREFIX}0__USER": "@bot:a.example",
    f"{PREFIX}0__PICKLE_KEY": KEY,
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config.yml"


def said(path: Path | None, environ: dict[str, str] | None = None) -> list[str]:
    """Load a configuration that is wrong; give what is said, files without their folders."""
    with pytest.raises(InvalidFileError) as caught:
        load(path, environ or {})
    text = str(caught.value)
    return (text.replace(f"{path.parent}/", "") if path else text).splitlines()


def write(path: Path, *accounts: str) -> None:
    path.write_text("matrix:\n  accounts:\n" + "".join(f"    - {{{each}}}\n" for each in accounts))


def test_an_account_needs_little_and_is_careful_by_itself(path: Path) -> None:
    write(path, ACCOUNT)
    matrix = load(path, {}).matrix
    (account,) = matrix.accounts
    assert (account.homeserver, account.user) == ("https://m.example", "@bot:a.example")
    assert account.store == path.parent / "matrix-store"
    assert account.trust is Trust.CROSS_SIGNED
    assert account.invites == ()
    assert (matrix.watch, matrix.moderators, matrix.reply) == (Watch.ON_INVITE, 50, Placing.THREAD)


def test_without_a_section_there_is_no_account() -> None:
    assert load(None, {}).matrix.accounts == ()


def test_everything_can_be_chosen(path: Path) -> None:
    path.write_text(
        "matrix:\n"
        "  accounts:\n"
        "    - homeserver: a.example\n"
        "      user: '@bot:a.example'\n"
        "      access_token: t0ken\n"
        "      device_id: VENDORWATCH\n"
        "      store: /srv/one\n"
        f"      pickle_key: {KEY}\n"
        "      trust: tofu\n"
        "      invites: ['@ann:b.example', 'c.example:8448', '[::1]:8448']\n"
        "      reactions: no\n"
        "    - homeserver: http://synapse:8008/\n"
        "      allow_http: yes\n"
        "      user: '@two:a.example'\n"
        "      store: two\n"
        f"      pickle_key: {KEY}\n"
        "  watch: on_approval\n"
        "  moderators: 60\n"
        "  text_rooms: ['!a:a.example', 'matrix:!v12room']\n"
        "  reply: room\n"
        "  management: ['!board:a.example']\n"
    )
    matrix = load(path, {}).matrix
    one, two = matrix.accounts
    assert (one.access_token, one.device_id, one.store) == (
        "t0ken",
        "VENDORWATCH",
        Path("/srv/one"),
    )
    assert one.invites == ("@ann:b.example", "c.example:8448", "[::1]:8448")
    assert (one.trust, one.reactions) == (Trust.TOFU, False)
    assert (two.homeserver, two.store) == ("http://synapse:8008", path.parent / "two")
    assert matrix.text_rooms == ("!a:a.example", "!v12room")
    assert (matrix.watch, matrix.moderators, matrix.reply) == (Watch.ON_APPROVAL, 60, Placing.ROOM)
    assert matrix.management == ("!board:a.example",)
    assert matrix.manner() == Manner(Placing.ROOM, frozenset({"!a:a.example", "!v12room"}))


def test_the_platform_gets_an_account_as_it_was_configured(path: Path) -> None:
    write(
        path,
        f"{ACCOUNT}, password: hunter2, access_token: t0ken, device_id: D, recovery_key: EsTx, "
        "store: one, trust: tofu, invites: [b.example], reactions: no",
    )
    (account,) = load(path, {}).matrix.accounts
    assert account.settings() == AccountSettings(
        homeserver="https://m.example",
        user="@bot:a.example",
        store=path.parent / "one",
        pickle_key=KEY,
        password="hunter2",  # noqa: S106 - the test's own
        token="t0ken",  # noqa: S106 - as above
        device_id="D",
        recovery_key="EsTx",
        trust=Trust.TOFU,
        invites=("b.example",),
        reactions=False,
    )
    with pytest.raises(BotError, match="needs a pickle_key"):
        account.model_copy(update={"pickle_key": None}).settings()


def test_no_secret_of_an_account_is_shown(path: Path) -> None:
    secrets = "password: s3cret-a, recovery_key: s3cret-b, access_token: s3cret-c, device_id: D"
    write(path, ACCOUNT.replace(KEY, "s3cret-long-enough") + f", {secrets}")
    config = load(path, {})
    assert config.matrix.accounts[0].recovery_key == "s3cret-b"
    assert "s3cret" not in repr(config)


def test_secrets_of_an_account_are_read_from_files_beside_the_configuration(path: Path) -> None:
    for name in ("password", "access_token", "pickle_key", "recovery_key"):
        (path.parent / name).write_text(f"{name} of the account\n")
    write(
        path,
        "homeserver: a.example, user: '@bot:a.example', password_file: password, device_id: D, "
        "access_token_file: access_token, pickle_key_file: pickle_key, "
        "recovery_key_file: recovery_key",
    )
    (account,) = load(path, {}).matrix.accounts
    assert account.password == "password of the account"  # noqa: S105 - the test's own
    assert account.access_token == "access_token of the account"  # noqa: S105 - as above
    assert account.pickle_key == "pickle_key of the account"
    assert account.recovery_key == "recovery_key of the account"


def test_an_account_can_be_made_of_variables_alone() -> None:
    environ = FROM_VARIABLES | {
        f"{PREFIX}0__INVITES": "['@ann:a.example']",
        f"{PREFIX}1": "{homeserver: b.example, user: '@bot:b.example', store: two}",
        f"{PREFIX}1__PICKLE_KEY": KEY,
    }
    one, two = load(None, environ).matrix.accounts
    assert (one.user, one.invites, one.store) == (
        "@bot:a.example", ("@ann:a.example",), Path("matrix-store"),
    )  # fmt: skip
    assert (two.user, two.pickle_key) == ("@bot:b.example", KEY)


def test_a_variable_adds_to_an_account_of_the_file_or_replaces_a_part_of_it(path: Path) -> None:
    write(path, f"{ACCOUNT}, password_file: gone, store: one", f"{ACCOUNT}, store: two")
    environ = {f"{PREFIX}0__PASSWORD": "hunter2", f"{PREFIX}1__USER": "@two:a.example"}
    one, two = load(path, environ).matrix.accounts
    assert (one.user, one.password, one.store) == (
        "@bot:a.example", "hunter2", path.parent / "one",
    )  # fmt: skip
    assert (two.user, two.password) == ("@two:a.example", None)


def test_a_variable_after_the_last_item_adds_one_and_the_tenth_comes_after_the_second() -> None:
    environ = {
        f"{PREFIX}{number}": f"{{homeserver: a.example, user: '@b{number}:a.example', "
        f"store: s{number}, pickle_key: {KEY}}}"
        for number in range(12)
    }
    accounts = load(None, environ).matrix.accounts
    assert [each.user for each in accounts] == [f"@b{number}:a.example" for number in range(12)]


def test_other_lists_of_sections_take_numbers_too(path: Path) -> None:
    path.write_text(
        "feeds:\n  list:\n    - {url: 'https://a.example/f', channels: ['console:#a']}\n"
    )
    environ = {
        "VENDORWATCH_FEEDS__LIST__0__CHANNELS": "['console:#b', 'console:#c']",
        "VENDORWATCH_FEEDS__LIST__1__URL": "https://b.example/f",
        "VENDORWATCH_FEEDS__LIST__1__CHANNELS": "['console:#a']",
    }
    one, two = load(path, environ).feeds.list
    assert (one.url, one.channels) == ("https://a.example/f", ("console:#b", "console:#c"))
    assert (two.url, two.channels) == ("https://b.example/f", ("console:#a",))


def test_a_number_that_skips_an_account_is_said_with_the_variable(path: Path) -> None:
    write(path, ACCOUNT)
    assert said(path, {f"{PREFIX}2__PASSWORD": "hunter2"}) == [
        f"{PREFIX}2__PASSWORD: there is no item 1 before this one; items are counted from 0"
    ]


def test_what_an_account_of_variables_lacks_is_said_with_its_number() -> None:
    assert said(None, {f"{PREFIX}0__USER": "@bot:a.example"}) == [
        f"{PREFIX}0: missing key 'homeserver'"
    ]
    environ = {key: value for key, value in FROM_VARIABLES.items() if "PICKLE" not in key}
    (problem,) = said(None, environ)
    assert problem.startswith(f"{PREFIX}0: this account needs a pickle_key")
    assert said(None, FROM_VARIABLES | {f"{PREFIX}0__USER": "bot"}) == [
        f"{PREFIX}0__USER: 'bot' is no Matrix user such as @vendorwatch:example.org"
    ]


NEITHER = (
    "is neither an address such as https://matrix.example.org nor a server such as example.org"
)
PRIVATE = "write https://; http:// is for this machine, or with allow_http: true a private network"
NO_KEY = (
    "this account needs a pickle_key, which encrypts its store: 16 characters or more, such as "
    "`openssl rand -base64 32` makes"
)
INVITER = (
    "'ann@example.org' is neither a Matrix user such as @ann:example.org nor a server such as "
    "example.org"
)


@pytest.mark.parametrize(
    ("account", "problem"),
    [
        (ACCOUNT.replace("@bot:a.example", "bot"),
         "'bot' is no Matrix user such as @vendorwatch:example.org"),
        (ACCOUNT.replace("@bot:a.example", "@bot"),
         "'@bot' is no Matrix user such as @vendorwatch:example.org"),
        (ACCOUNT.replace("https://m.example", "ftp://m.example"), f"'ftp://m.example' {NEITHER}"),
        (ACCOUNT.replace("https://m.example", "m example"), f"'m example' {NEITHER}"),
        (ACCOUNT.replace("https://m.example", "'https://bot:hunter2@m.example'"),
         "the address of a homeserver has no @, no ? and no # in it"),
        (ACCOUNT.replace("https://m.example", "http://m.example"), PRIVATE),
        (ACCOUNT.replace("https://m.example", "http://10.0.0.8:8008"), PRIVATE),
        (ACCOUNT.replace("https://m.example", "http://8.8.8.8") + ", allow_http: true",
         "http:// is for private networks only; write https://"),
        (f"{ACCOUNT}, access_token: t0ken",
         "an access_token needs the device_id that it was made for"),
        (f"{ACCOUNT}, device_id: D",
         "a device_id goes with its access_token; a password gets its own"),
        (ACCOUNT.replace(KEY, "fifteen letters"), "a pickle_key has 16 characters or more"),
        (ACCOUNT.replace(f", pickle_key: {KEY}", ""),
         NO_KEY),
        (f"{ACCOUNT}, password: a, password_file: pw",
         "give either 'password' or 'password_file', not both"),
        (f"{ACCOUNT}, trust: all", "'all' is not one of cross_signed, tofu"),
        (f"{ACCOUNT}, invites: ['ann@example.org']",
         INVITER),
        (f"{ACCOUNT}, passwrd: x", "unknown key 'passwrd'; did you mean 'password'?"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_an_account_is_one_line_at_its_place(
    path: Path, account: str, problem: str
) -> None:
    (path.parent / "pw").write_text("hunter2")
    write(path, account)
    (line,) = said(path)
    place, _, words = line.partition(": ")
    assert words == problem
    assert place.startswith("config.yml:3:")
    assert "hunter2" not in line


def test_a_key_in_a_file_that_is_too_short_is_said_where_the_file_is_named(path: Path) -> None:
    (path.parent / "key").write_text("short")
    account = "homeserver: a.example, user: '@bot:a.example', pickle_key_file: key"
    write(path, account)
    column = 8 + account.index("key", account.index("_file"))
    assert said(path) == [f"config.yml:3:{column}: a pickle_key has 16 characters or more"]


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:8008",
        "'http://[::1]:8008'",
        "http://localhost:8008",
        "https://8.8.8.8",
        "http://10.1.2.3:8008, allow_http: true",
        "http://synapse:8008, allow_http: true",
    ],
)
def test_what_nobody_else_can_read_on_its_way_may_be_plain(path: Path, address: str) -> None:
    write(path, ACCOUNT.replace("https://m.example", address))
    assert load(path, {}).matrix.accounts


def test_two_accounts_share_neither_store_nor_user(path: Path) -> None:
    second = ACCOUNT.replace("@bot", "@two")
    write(path, f"{ACCOUNT}, store: one", f"{second}, store: ../{path.parent.name}/one")
    (line,) = said(path)
    assert line.endswith(": another account has this store; give each its own folder")
    assert line.startswith("config.yml:4:")
    write(path, ACCOUNT, second)
    (line,) = said(path)
    assert line.endswith(": another account has this store; give each its own folder")
    write(path, f"{ACCOUNT}, store: one", f"{ACCOUNT}, store: two")
    (line,) = said(path)
    assert line.endswith(": this user has an account here already; one is one device")


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("moderators: high", "2:15: this must be a whole number"),
        ("moderators: 0", "2:15: this must be greater than or equal to 1"),
        ("text_rooms: ['#hall:a.example']",
         "2:16: '#hall:a.example' is no room id such as !abc:example.org"),
        ("reply: tread", "2:10: 'tread' is not one of thread, reply, room; did you mean 'thread'?"),
        ("acounts: []", "2:3: unknown key 'acounts'; did you mean 'accounts'?"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_the_section_is_one_line(path: Path, line: str, problem: str) -> None:
    path.write_text(f"matrix:\n  {line}\n")
    assert said(path) == [f"config.yml:{problem}"]
