"""Giving the homeserver a cross-signing identity, and proving to it that we may.

Rules: https://spec.matrix.org/v1.18/client-server-api/#user-interactive-authentication-api
"""

import re

from bot.platforms.matrix.errors import IdentityError, MatrixError
from bot.platforms.matrix.identity import Identity, Me, publication
from bot.platforms.matrix.secrets import Call
from bot.platforms.matrix.signing import at
from bot.platforms.matrix.values import Json

GONE = (
    "the homeserver no longer has this account's cross-signing identity, which was made elsewhere; "
    "set it up again in a client that is logged in to it, or run: "
    "vendorwatch matrix login --new-identity"
)
_PASSWORD = "m.login.password"  # noqa: S105 - the name of a stage of logging in
_BY_HAND = ("m.oauth", "org.matrix.cross_signing_reset")
_UPLOAD = "/keys/device_signing/upload"
_PAGE = re.compile(r"https://[!-~]{1,500}")


async def publish(call: Call, me: Me, identity: Identity, password: str | None) -> None:
    """Upload the identity's public keys, with the password if the homeserver asks for it.

    Raise IdentityError if it asks for what we have not, MatrixError for all else that fails.
    """
    body = publication(identity, me)
    if body is None:
        raise IdentityError(GONE)
    try:
        await call("POST", _UPLOAD, body)
    except MatrixError as error:
        if not _wants_proof(error):
            raise
        auth = _proof(me, password, error.body)
    else:
        return
    try:
        await call("POST", _UPLOAD, {**body, "auth": auth})
    except MatrixError as error:
        if not _wants_proof(error) and error.status != 403:
            raise
        raise IdentityError(
            "the homeserver does not take matrix.accounts[].password, which it asks for before it "
            "takes a cross-signing identity: mend it"
        ) from None


def _wants_proof(error: MatrixError) -> bool:
    return error.status == 401 and "flows" in error.body


def _proof(me: Me, password: str | None, asked: Json) -> Json:
    """Answer what the homeserver asks for; raise IdentityError if we cannot."""
    flows = at(asked, "flows")
    stages = [at(flow, "stages") for flow in flows] if isinstance(flows, list) else []
    if [_PASSWORD] in stages and password is not None:
        return {
            "type": _PASSWORD,
            "identifier": {"type": "m.id.user", "user": me.user_id},
            "password": password,
            "session": at(asked, "session"),
        }
    if [_PASSWORD] in stages:
        raise IdentityError(
            "the homeserver asks for the password before it takes a cross-signing identity: give "
            "it as matrix.accounts[].password"
        )
    pages = (at(asked, "params", stage, "url") for stage in _BY_HAND if [stage] in stages)
    page = next((url for url in pages if isinstance(url, str) and _PAGE.fullmatch(url)), None)
    where = page or "the account's page"
    raise IdentityError(
        "the homeserver wants a person to allow it before it takes a cross-signing identity: do so "
        f"at {where}, then try again within ten minutes"
    )
