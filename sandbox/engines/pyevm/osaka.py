"""What a contract can notice of Osaka: the opcode CLZ (EIP-7939) and the precompile P256VERIFY (EIP-7951), on top of
py-evm's Prague. Rules about whole blocks and transactions are not among it."""

from __future__ import annotations

from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicNumbers
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from eth.vm.forks.prague import PragueVM
from eth.vm.forks.prague.computation import PragueComputation
from eth.vm.forks.prague.state import PragueState
from eth.vm.opcode import as_opcode

P256VERIFY: Final = (0x100).to_bytes(20, "big")
_P256_GAS: Final = 6_900
_P256_INPUT: Final = 160
_CLZ: Final = 0x1E
_CLZ_GAS: Final = 5
_WORD_BITS: Final = 256


def count_leading_zeros(computation: Any) -> None:
    """CLZ: zero bits above the highest one that is set."""
    computation.stack_push_int(_WORD_BITS - computation.stack_pop1_int().bit_length())


def p256_verify(computation: Any) -> Any:
    """P256VERIFY: 1 as a word if the signature holds, nothing otherwise."""
    computation.consume_gas(_P256_GAS, reason="P256VERIFY")
    data = bytes(computation.msg.data)
    computation.output = (1).to_bytes(32, "big") if len(data) == _P256_INPUT and _holds(data) else b""
    return computation


def _holds(data: bytes) -> bool:
    r, s, x, y = (int.from_bytes(data[at : at + 32], "big") for at in range(32, _P256_INPUT, 32))
    try:
        key = EllipticCurvePublicNumbers(x, y, SECP256R1()).public_key()
        key.verify(encode_dss_signature(r, s), data[:32], ECDSA(Prehashed(SHA256())))
    except (InvalidSignature, ValueError):
        return False
    return True


class OsakaComputation(PragueComputation):  # type: ignore[misc]
    """Frames that know CLZ and P256VERIFY."""

    opcodes = {**PragueComputation.opcodes, _CLZ: as_opcode(count_leading_zeros, "CLZ", _CLZ_GAS)}
    _precompiles = {**PragueComputation.get_precompiles(), P256VERIFY: p256_verify}


class OsakaState(PragueState):  # type: ignore[misc]
    """Their state."""

    computation_class = OsakaComputation


class OsakaVM(PragueVM):  # type: ignore[misc]
    """Their machine."""

    fork = "osaka"
    _state_class = OsakaState
