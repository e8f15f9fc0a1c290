"""Log in through the province's identity provider: OpenID Connect Core 1.0, authorization code with PKCE (RFC 7636).

What the browser brings back is believed only with the state this server gave it; the ID token is checked for signature
(keys of the provider's JWKS), issuer, audience, expiry and nonce. The access token is not used and not kept.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from gateway.kernel.errors import Unavailable
from gateway.kernel.ids import Ids
from gateway.officers.model import LoginRefused

if TYPE_CHECKING:
    import httpx2

ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
TIMEOUT_SECONDS = 10
LEEWAY_SECONDS = 60
LARGEST_ANSWER = 256 * 1024


class ProviderSilent(Unavailable):
    """The identity provider does not answer, or not with what OpenID Connect asks."""

    code = "officer.identity_provider"


@dataclass(frozen=True, slots=True)
class Client:
    """This installation as the identity provider knows it."""

    issuer: str
    client_id: str
    redirect_uri: str
    client_secret: str = field(repr=False, default="")


@dataclass(frozen=True, slots=True)
class Attempt:
    """One login on its way: kept by the browser in a sealed cookie until it comes back."""

    state: str
    nonce: str
    verifier: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the identity provider says it is."""

    issuer: str
    subject: str
    logins: tuple[str, ...]  # names an officer may be registered under: a verified e-mail, else a user name


def attempt(ids: Ids) -> Attempt:
    """A new login: 130 bits of state and nonce, a verifier of 52 characters."""
    return Attempt(ids.code(26), ids.code(26), ids.code(52))


def address(client: Client, going: Attempt, http: httpx2.Client) -> str:
    """Where to send the browser. ProviderSilent."""
    challenge = base64.urlsafe_b64encode(hashlib.sha256(going.verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {
        "response_type": "code",
        "client_id": client.client_id,
        "redirect_uri": client.redirect_uri,
        "scope": "openid profile email",
        "state": going.state,
        "nonce": going.nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    return f"{_metadata(client, http)['authorization_endpoint']}?{urlencode(asked)}"


def redeem(client: Client, going: Attempt, code: str, http: httpx2.Client, now: datetime) -> Identity:
    """Exchange the code for an ID token and check it. LoginRefused, ProviderSilent."""
    described = _metadata(client, http)
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": client.redirect_uri,
        "client_id": client.client_id,
        "code_verifier": going.verifier,
    }
    auth = (client.client_id, client.client_secret) if client.client_secret else None
    answer = _json(http, "POST", described["token_endpoint"], data=form, auth=auth)
    keys = _json(http, "GET", described["jwks_uri"])
    return _identity(client, going, str(answer.get("id_token", "")), keys, now)


def _identity(client: Client, going: Attempt, token: str, keys: dict[str, Any], now: datetime) -> Identity:
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet

    expected = jwt.JWTClaimsRegistry(
        now=int(now.timestamp()),
        leeway=LEEWAY_SECONDS,
        iss={"essential": True, "value": client.issuer},
        aud={"essential": True, "value": client.client_id},
        exp={"essential": True},
        sub={"essential": True},
        nonce={"essential": True, "value": going.nonce},
    )
    try:
        claims = jwt.decode(token, KeySet.import_key_set(keys), algorithms=list(ALGORITHMS)).claims  # type: ignore[arg-type]
        expected.validate(claims)
    except (JoseError, ValueError, KeyError, TypeError):
        raise LoginRefused("Không xác minh được đăng nhập.", "The login could not be verified.") from None
    return Identity(client.issuer, str(claims["sub"]), _logins(claims))


def _logins(claims: Mapping[str, Any]) -> tuple[str, ...]:
    verified = claims.get("email") if claims.get("email_verified") is True else None
    return tuple(str(name).casefold() for name in (verified, claims.get("preferred_username")) if name)


def _metadata(client: Client, http: httpx2.Client) -> dict[str, Any]:
    """OpenID Connect Discovery 1.0, section 4; the issuer it names has to be the one that was asked (4.3)."""
    found = _json(http, "GET", client.issuer.rstrip("/") + "/.well-known/openid-configuration")
    wanted = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    if found.get("issuer") != client.issuer or not all(isinstance(found.get(name), str) for name in wanted):
        raise _silent()
    return found


def _json(http: httpx2.Client, method: str, url: str, **sent: Any) -> dict[str, Any]:
    import httpx2

    try:
        answer = http.request(method, url, timeout=TIMEOUT_SECONDS, follow_redirects=False, **sent)
        if answer.status_code in (400, 401):
            raise LoginRefused("Đăng nhập không được chấp nhận.", "The login was not accepted.")
        content = answer.json() if answer.status_code == 200 and len(answer.content) <= LARGEST_ANSWER else None
    except (httpx2.HTTPError, ValueError):
        content = None
    if not isinstance(content, dict):
        raise _silent()
    return content


def _silent() -> ProviderSilent:
    return ProviderSilent("Máy chủ đăng nhập không trả lời.", "The identity provider does not answer.")
