"""Requests to a server, whose failures are exceptions, and which are sent again while it is away."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Iterator, Mapping
from typing import IO, Any

import httpx

from .. import errors
from .._settings import Settings
from .._version import __version__

log = logging.getLogger("gauntlet")

#: Answers of a server that starts, stops, or is behind a proxy that does not reach it.
PASSING = frozenset({502, 503, 504})
#: Bytes of an upload that are sent at once.
PART = 8 * 2**20


def pauses(seconds: float) -> Iterator[float]:
    """Pauses between tries: 0.25 s, then twice as long each, at most 15 s, until these seconds have passed."""
    until = time.monotonic() + seconds
    pause = 0.25
    while time.monotonic() < until:
        yield min(pause, max(0.0, until - time.monotonic()))
        pause = min(2 * pause, 15.0)


class AsyncTransport:
    """A connection to one server."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        headers = {"user-agent": f"gauntlet-client/{__version__}", **settings.headers}
        if settings.token:
            headers["authorization"] = f"Bearer {settings.token}"
        try:
            self._http = httpx.AsyncClient(
                base_url=settings.url,
                headers=headers,
                timeout=httpx.Timeout(settings.timeout, connect=min(settings.timeout, 10.0)),
                verify=settings.certificates(),
                proxy=settings.proxy,
            )
        except (httpx.InvalidURL, TypeError, ValueError, ImportError) as error:
            # Of a proxy, also one of the environment, or of headers.
            if isinstance(error, errors.GauntletError):
                raise
            raise errors.ValidationError(f"No connection can be made as it is given: {error}") from error

    async def aclose(self) -> None:
        await self._http.aclose()

    async def graphql(self, query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """Data of an operation. Payloads that are errors are raised.

        A query is sent again while the server is away. A mutation is so only where it cannot have arrived.
        """
        is_safe = not query.lstrip().startswith("mutation")
        response = await self.send("POST", "/graphql", is_safe=is_safe, json={"query": query, "variables": variables})
        body = self._json(response)
        for problem in body.get("errors") or []:
            code = (problem.get("extensions") or {}).get("code")
            raise errors.of_code(code, str(problem.get("message")), response.status_code)
        data = body.get("data")
        if response.status_code == 404:
            raise errors.RequestError(f"There is no Gauntlet server at {self.settings.url}, whose /graphql answers 404. Give the address of its dashboard.", code="HTTP_404")
        if not isinstance(data, dict):
            raise errors.ServerError(f"The server answered {response.status_code} without data.", code=f"HTTP_{response.status_code}")
        for payload in data.values():
            refused = errors.refusal(payload) if isinstance(payload, dict) else None
            if refused is not None:
                raise refused
        return data

    async def send(self, method: str, path: str, *, is_safe: bool, **options: Any) -> httpx.Response:
        """An answer. @raise UnreachableError where none came in time, RateLimitedError where the server wanted fewer requests for too long."""
        tries = pauses(self.settings.retry_for)
        while True:
            response: httpx.Response | None = None
            problem: httpx.TransportError | None = None
            try:
                response = await self._http.request(method, path, **options)
                if response.status_code != 429 and response.status_code not in PASSING:
                    return response
            except (httpx.LocalProtocolError, httpx.UnsupportedProtocol) as error:
                raise errors.ValidationError(f"The request cannot be sent: {error}.") from error
            except httpx.TransportError as error:
                problem = error
            # What was refused at the door has not been done.
            may_repeat = is_safe or response is not None or isinstance(problem, (httpx.ConnectError, httpx.ConnectTimeout))
            pause = next(tries, None) if may_repeat else None
            if pause is None:
                if response is not None:
                    return response
                proxy = self.settings.proxy_in_use()
                through = f" through the proxy {proxy}" if proxy else ""
                raise errors.UnreachableError(f"There is no answer from {self.settings.url}{through} ({str(problem) or type(problem).__name__}).") from problem
            wanted = response.headers.get("retry-after", "") if response is not None else ""
            pause = max(pause, float(wanted)) if wanted.isdigit() else pause
            log.info("%s %s: %s; trying again in %.2f s", method, path, response.status_code if response is not None else problem, pause)
            await asyncio.sleep(pause)

    async def json(self, method: str, path: str, *, is_safe: bool = True, **options: Any) -> dict[str, Any]:
        """An answer of a route beside GraphQL."""
        response = await self.send(method, path, is_safe=is_safe, **options)
        self._check(response)
        return self._json(response)

    async def content(self, path: str) -> bytes:
        """Bytes of a file, such as an image."""
        response = await self.send("GET", path, is_safe=True)
        self._check(response)
        return response.content

    async def upload(self, file: IO[bytes], size: int, name: str, progress: Any = None) -> str:
        """Sends a file in parts. A part that is lost is sent again from where the server has got to. @return id of the upload."""
        opened = await self.json("POST", "/uploads", is_safe=False, json={"size": size, "fileName": name})
        path = f"/uploads/{opened['id']}"
        received = 0
        tries = pauses(self.settings.retry_for)
        while True:
            file.seek(received)
            part = file.read(PART)
            before = received
            try:
                answer = await self.json("PUT", path, is_safe=False, content=part, headers={"upload-offset": str(received)})
                received = int(answer["received"])
            except (errors.UnreachableError, errors.ServerError, errors.RequestError) as error:
                # CONFLICT: the server still holds the connection that broke.
                pause = next(tries, None) if not isinstance(error, errors.RequestError) or error.code == "CONFLICT" else None
                if pause is None:
                    raise
                log.info("a part of an upload was lost (%s); asking how much has arrived", error)
                await asyncio.sleep(pause)
                received = int((await self.json("GET", path))["received"])
            if progress is not None:
                progress.update(received - before)
            if received >= size:
                return str(opened["id"])

    def _check(self, response: httpx.Response) -> None:
        if response.is_success:
            return
        try:
            problem = self._json(response).get("error") or {}
        except errors.GauntletError:
            problem = {}
        message = problem.get("message") or f"The server answered {response.status_code}."
        raise errors.of_code(problem.get("code"), message, response.status_code)

    def _json(self, response: httpx.Response) -> dict[str, Any]:
        try:
            body = json.loads(response.content)
        except ValueError:
            body = None
        if isinstance(body, dict):
            return body
        raise errors.of_code(None, f"The answer of {self.settings.url} is not JSON: {response.text[:200]!r}. Is that a Gauntlet server?", response.status_code)
