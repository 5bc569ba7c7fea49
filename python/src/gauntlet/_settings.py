"""Where the server is, and how it is asked."""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass, field
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from .errors import AuthenticationError, GauntletError, ValidationError

DEFAULT_URL = "http://127.0.0.1:4000"


@dataclass(frozen=True)
class Settings:
    """How to reach a server.

    Attributes:
        url: Address of the server.
        token: Access token. None where the server asks for none.
        timeout: Seconds that a request may take until its answer begins.
        retry_for: Seconds for which a server that does not answer, as one that is started again, is asked again.
        verify: Whether certificates are checked; or a file of those that are trusted, or an `ssl.SSLContext`.
        proxy: Address of a proxy. None: that of HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY.
        headers: More headers of each request.
    """

    url: str
    token: str | None = field(default=None, repr=False)
    timeout: float = 60.0
    retry_for: float = 90.0
    verify: bool | str | os.PathLike[str] | ssl.SSLContext = True
    proxy: str | None = None
    headers: dict[str, str] = field(default_factory=dict, repr=False)

    @staticmethod
    def of(url: str | None, token: str | None, *, timeout: float = 60.0, retry_for: float = 90.0, **others: object) -> Settings:
        """With what is not given from the environment: GAUNTLET_URL and GAUNTLET_TOKEN. @raise GauntletError for an address or a token that cannot be one."""
        address = (url or os.environ.get("GAUNTLET_URL") or DEFAULT_URL).strip().rstrip("/").removesuffix("/graphql")
        if not address.lower().startswith(("http://", "https://")):
            raise GauntletError(f"The address {address!r} does not begin with http:// or https://.", code="BAD_ADDRESS")
        if (problem := _problem_of(address)) is not None:
            raise GauntletError(f"The address {_without_secrets(address)!r} {problem}.", code="BAD_ADDRESS")
        # As a file of a token has one, which ends with a line break.
        secret = (token or os.environ.get("GAUNTLET_TOKEN") or "").strip()
        if not (secret.isascii() and secret.isprintable()):
            raise AuthenticationError("The token holds characters that no token has.")
        for name, seconds in (("timeout", timeout), ("retry_for", retry_for)):
            if not isinstance(seconds, (int, float)) or not seconds >= 0 or (name == "timeout" and seconds == 0):
                raise ValidationError(f"{seconds!r} is no number of seconds.", path=[name])
        return Settings(address, secret or None, timeout, retry_for, **others)  # type: ignore[arg-type]

    def certificates(self) -> bool | ssl.SSLContext:
        """What httpx checks certificates by."""
        if isinstance(self.verify, (bool, ssl.SSLContext)):
            return self.verify
        path = os.fspath(self.verify)
        try:
            return ssl.create_default_context(cafile=path)
        except (OSError, ssl.SSLError) as error:
            raise ValidationError(f"There are no certificates in {path} ({error}).", path=["verify"]) from error

    def proxy_in_use(self) -> str | None:
        """Address of the proxy that requests go to, without its password."""
        if self.proxy is None and proxy_bypass(urlsplit(self.url).hostname or ""):
            return None
        found = getproxies()
        proxy = self.proxy or found.get(urlsplit(self.url).scheme) or found.get("all")
        return proxy and _without_secrets(proxy)


def _problem_of(address: str) -> str | None:
    try:
        parts = urlsplit(address)
        if parts.username or parts.password:
            return "holds a name or password: give the token alone, as token=… or GAUNTLET_TOKEN"
        if not parts.hostname or parts.port == 0:
            return "names no server"
    except ValueError as error:
        return f"is none: {error}"
    return "has a query: give the address of the server alone" if parts.query or parts.fragment else None


def _without_secrets(address: str) -> str:
    before, separator, host = address.rpartition("@")
    return f"{before.partition('//')[0]}//{host}" if separator else address
