"""One request, one answer, or one clear error: whatever it is that answers."""

import asyncio
import gzip
import json
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bot.platforms.matrix import api
from bot.platforms.matrix.api import Homeserver, path
from bot.platforms.matrix.errors import MatrixError
from tests.platforms.matrix.homeserver import Answer, refusal
from tests.platforms.matrix.homeserver import Homeserver as Server

BUSY = "M_LIMIT_EXCEEDED"


@pytest.fixture
def homeserver(server: Server, connections: aiohttp.ClientSession) -> Homeserver:
    return Homeserver(server.base, connections, server.login("@bot:a.example", "D"))


async def failing(
    homeserver: Homeserver, method: str = "PUT", timeout_s: float = 5.0
) -> MatrixError:
    with pytest.raises(MatrixError) as caught:
        await homeserver.call(method, "/rooms/r/send/m/1", {}, timeout_s=timeout_s)
    assert len(str(caught.value).splitlines()) == 1
    return caught.value


async def test_an_id_in_a_path_stays_one_part_of_it(server: Server, homeserver: Homeserver) -> None:
    room = "!a/b c%2F?d#e:ä.example"
    await homeserver.call("PUT", path("rooms", room, "send", "m.x", "1"), {})
    assert server.asked[-1].parts == ["rooms", room, "send", "m.x", "1"]


async def test_what_is_signed_arrives_as_it_was_written(
    server: Server, homeserver: Homeserver
) -> None:
    await homeserver.call("PUT", path("rooms", "r", "send", "m.x", "1"), {"b": "ä <&>", "a": [1.5]})
    assert server.asked[-1].raw == '{"b":"ä <&>","a":[1.5]}'.encode()


async def test_a_query_is_written_as_it_is_meant(server: Server, homeserver: Homeserver) -> None:
    asked = {"from": "t1&to=t2 +%", "filter": '{"types": ["m.x"]}'}
    await homeserver.call("GET", path("rooms", "r", "messages"), query=asked)
    assert server.asked[-1].query == asked


async def test_the_token_goes_to_the_homeserver_and_into_no_log(
    server: Server, homeserver: Homeserver
) -> None:
    await homeserver.call("GET", "/account/whoami")
    assert server.asked[-1].token == homeserver.token
    assert str(homeserver.token) not in repr(homeserver)


@pytest.mark.parametrize(
    "body", [b"", b"<html>welcome</html>", b"[]", b"7", b'"x"', b"null", b"\xff\xfe", b"[" * 10**5]
)
async def test_a_page_that_is_no_homeserver_is_told_as_such(
    server: Server, homeserver: Homeserver, body: bytes
) -> None:
    server.next("PUT", "/rooms", Answer(200, body))
    error = await failing(homeserver)
    assert str(error) == "what answered is no homeserver (HTTP 200)"
    assert not error.permanent


async def test_a_long_answer_is_read_whole(server: Server, homeserver: Homeserver) -> None:
    large = {"words": "x" * api.LONG}
    server.next("GET", "/sync", Answer(200, large))
    assert await homeserver.call("GET", "/sync") == large


@pytest.mark.parametrize("packed", [False, True])
async def test_an_endless_answer_is_left(
    server: Server, homeserver: Homeserver, monkeypatch: pytest.MonkeyPatch, *, packed: bool
) -> None:
    monkeypatch.setattr(api, "MOST_BYTES", 1 << 20)
    raw = json.dumps({"words": "x" * (1 << 22)}).encode()
    headers = {"Content-Encoding": "gzip"} if packed else {}
    server.next("PUT", "/rooms", Answer(200, gzip.compress(raw) if packed else raw, headers))
    assert "more than the bot can take" in str(await failing(homeserver))


async def test_a_server_that_does_not_answer_is_left_in_time(
    server: Server, homeserver: Homeserver
) -> None:
    server.next("PUT", "/rooms", Answer(when=asyncio.Event()))
    error = await failing(homeserver, timeout_s=0.05)
    assert str(error) == "the homeserver did not answer in time"
    assert error.uncertain  # it may stand in the room


async def test_a_connection_that_breaks_leaves_it_open_whether_it_was_done(
    server: Server, homeserver: Homeserver
) -> None:
    # Twice: what may be asked twice is asked again at once where a kept connection broke.
    server.next("PUT", "/rooms", Answer(drops=True), Answer(drops=True))
    error = await failing(homeserver)
    assert "the connection to the homeserver broke" in str(error)
    assert error.uncertain
    assert not error.permanent


async def test_a_server_that_is_not_there_did_nothing(connections: aiohttp.ClientSession) -> None:
    error = await failing(Homeserver("http://127.0.0.1:1", connections))
    assert str(error).startswith("the homeserver cannot be reached: ")
    assert not error.uncertain
    assert not error.permanent


def _certificate(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "elsewhere.example")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=2))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    there = folder / "tls.pem"
    there.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return there


async def test_a_certificate_that_nobody_vouches_for_is_named(
    tmp_path: Path, connections: aiohttp.ClientSession
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_certificate(tmp_path))

    def nothing(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    served = await asyncio.start_server(nothing, "127.0.0.1", 0, ssl=context)
    async with served:
        port = served.sockets[0].getsockname()[1]
        error = await failing(Homeserver(f"https://127.0.0.1:{port}", connections))
    assert "certificate" in str(error)
    assert not error.uncertain


async def test_speaking_tls_to_what_does_not_is_told(
    server: Server, connections: aiohttp.ClientSession
) -> None:
    base = server.base.replace("http:", "https:")
    assert "cannot be reached" in str(await failing(Homeserver(base, connections)))


@pytest.mark.parametrize(
    "base", ["http://127.0.0.1:99999", "https://[", "https://", "https://a.example:b"]
)
async def test_an_address_that_is_none_is_named(
    connections: aiohttp.ClientSession, base: str
) -> None:
    assert str(await failing(Homeserver(base, connections))).startswith(f"{base} is no address")


async def test_a_bot_that_is_closing_says_so(homeserver: Homeserver) -> None:
    await homeserver.connections.close()
    assert "connection" in str(await failing(homeserver))


@pytest.mark.parametrize(
    ("headers", "body", "wait"),
    [
        ({"Retry-After": "7"}, {}, 7.0),
        ({"Retry-After": "7"}, {"retry_after_ms": 2000}, 7.0),
        ({}, {"errcode": BUSY, "retry_after_ms": 2500}, 2.5),
        ({"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, {"retry_after_ms": 500}, 0.5),
        ({"Retry-After": "-3"}, {}, 0.0),
        ({}, {"retry_after_ms": "soon"}, None),
        ({}, {"retry_after_ms": True}, None),
        ({}, {}, None),
        ({}, b"<html>slow down</html>", None),
    ],
)
async def test_a_server_that_asks_to_slow_down_says_for_how_long(
    server: Server,
    homeserver: Homeserver,
    headers: dict[str, str],
    body: object,
    wait: float | None,
) -> None:
    server.next("PUT", "/rooms", Answer(429, body, headers))
    error = await failing(homeserver)
    assert str(error) == "the homeserver asks to slow down"
    assert (error.code, error.retry_after, error.permanent) == (BUSY, wait, False)


def _endless() -> Iterator[tuple[dict[str, str], bytes]]:
    for header in ("1e9", "inf", "nan", "9" * 400):
        yield {"Retry-After": header}, b"{}"
    for body in (b"1e999", b"NaN", b"9" * 400):
        yield {}, b'{"retry_after_ms":%s}' % body


@pytest.mark.parametrize(("headers", "body"), list(_endless()))
async def test_nobody_makes_the_bot_wait_for_ever(
    server: Server, homeserver: Homeserver, headers: dict[str, str], body: bytes
) -> None:
    server.next("PUT", "/rooms", Answer(429, body, headers))
    error = await failing(homeserver)
    assert error.retry_after is None or 0 <= error.retry_after <= 3600


@pytest.mark.parametrize("status", [500, 502, 503, 504, 524])
async def test_a_server_that_failed_may_have_done_it(
    server: Server, homeserver: Homeserver, status: int
) -> None:
    server.next("PUT", "/rooms", Answer(status, b"<html><h1>Bad\r\nGateway</h1></html>"))
    error = await failing(homeserver)
    assert (error.uncertain, error.permanent, error.status) == (True, False, status)
    assert str(error).startswith(f"HTTP {status}:")


async def test_what_is_refused_is_told_in_the_server_s_words_and_not_tried_again(
    server: Server, homeserver: Homeserver
) -> None:
    said = {"errcode": "M_FORBIDDEN", "error": "User\nnot in\troom " + "x" * 5000, "more": [1]}
    server.next("PUT", "/rooms", Answer(403, said))
    error = await failing(homeserver)
    assert str(error).startswith("M_FORBIDDEN User not in room xxx")
    assert len(str(error)) < 250
    assert (error.permanent, error.uncertain, error.fatal) == (True, False, False)
    assert error.body["more"] == [1]


@pytest.mark.parametrize("code", ["M_UNKNOWN_TOKEN", "M_MISSING_TOKEN", "M_USER_DEACTIVATED"])
async def test_a_login_that_is_gone_can_be_mended_so_nothing_is_given_up(
    server: Server, homeserver: Homeserver, code: str
) -> None:
    server.next("PUT", "/rooms", refusal(401, code))
    error = await failing(homeserver)
    assert (error.fatal, error.permanent) == (True, False)


@pytest.mark.parametrize("status", [301, 302, 308])
async def test_the_token_follows_nobody_to_another_address(
    server: Server, homeserver: Homeserver, status: int
) -> None:
    server.next("PUT", "/rooms", Answer(status, {}, {"Location": f"{server.base}/stolen"}))
    assert (await failing(homeserver)).status == status
    assert len(server.asked) == 1


@pytest.mark.parametrize("said", [{"errcode": 7, "error": [1]}, {"errcode": None}, {}])
async def test_an_error_of_an_odd_shape_is_an_error_all_the_same(
    server: Server, homeserver: Homeserver, said: object
) -> None:
    server.next("PUT", "/rooms", Answer(400, said))
    error = await failing(homeserver)
    # Without a code of its own it is not the homeserver's word, so it is not final.
    assert error.permanent is bool(error.code)
    assert isinstance(error.code, str)
