"""What a homeserver's refusal means: what is given up, what waits, and what is said of it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.platforms.matrix.api import LONGEST_WAIT_S, Homeserver, session
from bot.platforms.matrix.errors import MatrixError

pytestmark = pytest.mark.proof


@dataclass
class Said:
    """The one answer that a server gives."""

    status: int = 200
    text: str = "{}"
    headers: dict[str, str] = field(default_factory=dict)

    async def answer(self, _: web.Request) -> web.Response:
        """Give it."""
        return web.Response(status=self.status, text=self.text, headers=self.headers)


@pytest.fixture
def said() -> Said:
    return Said()


@pytest.fixture
async def homeserver(said: Said) -> AsyncIterator[Homeserver]:
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", said.answer)
    async with TestServer(app) as running, session() as connections:
        yield Homeserver(str(running.make_url("")).rstrip("/"), connections)


async def refusal(homeserver: Homeserver) -> MatrixError:
    with pytest.raises(MatrixError) as raised:
        await homeserver.call("PUT", "/rooms/x/send", {})
    return raised.value


@pytest.mark.parametrize(
    ("status", "text", "permanent"),
    [
        (403, '{"errcode":"M_FORBIDDEN"}', True),
        (404, '{"errcode":"M_NOT_FOUND"}', True),
        (413, '{"errcode":"M_TOO_LARGE"}', True),
        (413, "<html>too large for this proxy</html>", True),
        (404, "404 page not found", False),
        (403, "<html>Forbidden</html>", False),
        (408, "", False),
        (401, '{"errcode":"M_UNKNOWN_TOKEN"}', False),
        (401, '{"errcode":"M_USER_LOCKED","soft_logout":true}', False),
        (403, '{"errcode":"M_RESOURCE_LIMIT_EXCEEDED"}', False),
        (302, "", False),
    ],
)
async def test_only_what_the_homeserver_itself_refuses_is_given_up(
    homeserver: Homeserver, said: Said, status: int, text: str, permanent: bool
) -> None:
    said.status, said.text = status, text
    assert (await refusal(homeserver)).permanent is permanent


async def test_what_a_homeserver_says_names_no_room_and_nobody(
    homeserver: Homeserver, said: Said
) -> None:
    said.status = 403
    said.text = (
        '{"errcode":"M_FORBIDDEN","error":"User @ann:example.org not in room !abc:example.org '
        '(None), nor in !v12room; see $event or #hall:example.org"}'
    )
    line = str(await refusal(homeserver))
    assert line.startswith("M_FORBIDDEN User")
    assert not any(part in line for part in ("ann", "example.org", "v12room", "event", "hall"))


@pytest.mark.parametrize(
    ("header", "body", "wait"),
    [
        ("7", "1000", 7.0),
        (None, "1500", 1.5),
        ("soon", "1500", 1.5),
        ("nan", "null", None),
        ("inf", "null", LONGEST_WAIT_S),
        (None, "1" + "0" * 400, None),
        (None, "1e300", LONGEST_WAIT_S),
        ("-1", "0", 0.0),
    ],
)
async def test_it_waits_as_it_is_asked_to_but_not_for_ever(
    homeserver: Homeserver, said: Said, header: str | None, body: str, wait: float | None
) -> None:
    said.status = 429
    said.headers = {} if header is None else {"Retry-After": header}
    said.text = f'{{"errcode":"M_LIMIT_EXCEEDED","retry_after_ms":{body}}}'
    assert (await refusal(homeserver)).retry_after == wait
