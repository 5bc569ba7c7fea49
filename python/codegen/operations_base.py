"""What generated operations are sent by."""

from __future__ import annotations

from typing import Any

from gauntlet._api.base_model import UnsetType
from gauntlet._async.transport import AsyncTransport
from gauntlet._values import plain


class OperationsBase:
    def __init__(self, transport: AsyncTransport) -> None:
        self.transport = transport

    async def execute(self, query: str, operation_name: str, variables: dict[str, object], **options: Any) -> dict[str, Any]:
        values = {name: plain(value) for name, value in variables.items() if not isinstance(value, UnsetType)}
        return await self.transport.graphql(query, values, **options)

    @staticmethod
    def get_data(response: dict[str, Any]) -> dict[str, Any]:
        return response
