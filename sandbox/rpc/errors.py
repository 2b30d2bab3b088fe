"""What an error looks like in JSON-RPC: one table from the sandbox's errors to codes, messages and data.

Codes below -32000 are the standard's; those within -32000..-32099 and the rest are go-ethereum's, which clients know.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from sandbox.engines.archive import Outcome
from sandbox.engines.evm_words import phrase, reason_of
from sandbox.errors import EngineError, InputError, NotFound, Refused, Rejected, SandboxError

PARSE_ERROR: Final = -32_700
INVALID_REQUEST: Final = -32_600
METHOD_NOT_FOUND: Final = -32_601
INVALID_PARAMS: Final = -32_602
INTERNAL_ERROR: Final = -32_603
SERVER_ERROR: Final = -32_000
REFUSED: Final = -32_003
LIMIT_EXCEEDED: Final = -32_005
VM_ERROR: Final = -32_015
REVERTED: Final = 3

SIMULATION_CODES: Final[Mapping[str, int]] = {
    "nonce_low": -38_010,
    "nonce_high": -38_011,
    "nonce_max": INTERNAL_ERROR,
    "fee_cap": -38_012,
    "intrinsic_gas": -38_013,
    "funds": -38_014,
    "block_gas": -38_015,
    "block_number": -38_020,
    "block_time": -38_021,
    "init_code": -38_025,
    "too_many": -38_026,
}
"""Why a simulation cannot be made -> its code in the `eth_simulateV1` specification."""


class RpcError(InputError):
    """An error as it goes out. code, data: as in JSON-RPC 2.0; data is left out if None."""

    def __init__(self, code: int, message: str, data: Any = None) -> None:
        super().__init__(message)
        self.code = code
        self.data = data

    def shown(self) -> dict[str, Any]:
        """The `error` member."""
        shown = {"code": self.code, "message": self.what}
        return shown if self.data is None else {**shown, "data": self.data}


def _with_advice(error: SandboxError) -> str:
    return f"{error}: {error.do}" if error.do else str(error)


def _refusal(error: SandboxError) -> RpcError:
    findings = list(error.findings) if isinstance(error, Refused) else []
    return RpcError(REFUSED, str(error), {"findings": findings})


_TABLE: Final[tuple[tuple[type[SandboxError], Callable[[SandboxError], RpcError]], ...]] = (
    (Refused, _refusal),
    (Rejected, lambda error: RpcError(SERVER_ERROR, str(error))),
    (NotFound, lambda error: RpcError(SERVER_ERROR, str(error))),
    (InputError, lambda error: RpcError(SERVER_ERROR, _with_advice(error))),
    (EngineError, lambda error: RpcError(SERVER_ERROR, _with_advice(error))),
    (SandboxError, lambda error: RpcError(INTERNAL_ERROR, str(error))),
)


def translated(error: SandboxError) -> RpcError:
    """An error of the sandbox as JSON-RPC shows it."""
    if isinstance(error, RpcError):
        return error
    return next(make(error) for kind, make in _TABLE if isinstance(error, kind))


def invalid(what: str, argument: int | None = None) -> RpcError:
    """Parameters that are not what the method takes. argument: which one, from 0."""
    return RpcError(INVALID_PARAMS, what if argument is None else f"invalid argument {argument}: {what}")


def failure(outcome: Outcome) -> RpcError:
    """A message that the EVM rolled back. outcome: with an error."""
    if outcome.error == "Revert":
        return RpcError(REVERTED, reverted_message(outcome.output), "0x" + outcome.output.hex())
    return RpcError(SERVER_ERROR, phrase(outcome.error or ""))


def reverted_message(output: bytes) -> str:
    """`execution reverted`, with the reason where the data has one."""
    reason = reason_of(output)
    return "execution reverted" if reason is None else f"execution reverted: {reason}"
