"""web3.py on the surface without a socket: the same bytes in, the same bytes out."""

from __future__ import annotations

from typing import Any, cast

from web3.providers import JSONBaseProvider
from web3.types import RPCEndpoint, RPCResponse

from sandbox.rpc.server import Server


class ServerProvider(JSONBaseProvider):
    """A web3 provider for a chain in this process. server: answers."""

    def __init__(self, server: Server) -> None:
        super().__init__()
        self._server = server

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        """One request."""
        return self.decode_rpc_response(self._server.handle(self.encode_rpc_request(method, params)))

    def make_batch_request(self, batch_requests: list[tuple[RPCEndpoint, Any]]) -> list[RPCResponse] | RPCResponse:
        """Several requests at once."""
        answers = self.decode_rpc_response(self._server.handle(self.encode_batch_rpc_request(batch_requests)))
        return cast(list[RPCResponse], answers)

    def is_connected(self, show_traceback: bool = False) -> bool:
        """Always."""
        return True
