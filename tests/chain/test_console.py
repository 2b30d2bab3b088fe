"""`console.log` of contracts: decoded as the library wrote it, and never a reason to fail."""

from __future__ import annotations

from dataclasses import replace

import pytest
from eth_abi.abi import encode
from eth_hash.auto import keccak

from sandbox.chain.console import CONSOLE, lines
from sandbox.domain.effects import Frame, FrameKind
from sandbox.domain.units import Address, BaseUnits

CALLER = Address("0x" + "0c" * 20)
FRAME = Frame(
    index=1, parent=0, depth=1, kind=FrameKind.STATICCALL, caller=CALLER, target=Address(CONSOLE),
    code_address=Address(CONSOLE),
    value=BaseUnits(0), gas=0, gas_used=0, data=b"", output=b"", error=None, committed=True,
)  # fmt: skip


def said(signature: str, *values: object) -> list[str]:
    """What a call of the library shows."""
    kinds = signature.partition("(")[2].rstrip(")").split(",") if "()" not in signature else []
    return list(lines([replace(FRAME, data=bytes(keccak(signature.encode())[:4]) + encode(kinds, values))]))


@pytest.mark.parametrize(
    "signature, values, shown",
    [
        ("log()", (), ""),
        ("log(string)", ("余额",), "余额"),
        ("log(string,uint256)", ("balance", 7), "balance 7"),
        ("log(string,uint256)", ("balance: %s!", 7), "balance: 7!"),
        ("log(string,address,uint256)", ("%s has", CALLER, 7), f"{CALLER} has 7"),
        ("log(bool,uint256,string,address)", (True, 1, "x", CALLER), f"true 1 x {CALLER}"),
        ("logInt(int256)", (-3,), "-3"),
        ("log(int256)", (-3,), "-3"),
        ("logBytes32(bytes32)", (b"\x01" * 32,), "0x" + "01" * 32),
    ],
)
def test_each_form_of_the_library_is_decoded(signature: str, values: tuple[object, ...], shown: str) -> None:
    assert said(signature, *values) == [shown]


@pytest.mark.parametrize("data", [b"", b"\x01\x02\x03\x04", bytes(keccak(b"log(string)")[:4]) + b"\xff"])
def test_what_is_no_call_of_the_library_is_shown_as_bytes(data: bytes) -> None:
    assert list(lines([replace(FRAME, data=data)])) == ["0x" + data.hex()]


def test_calls_of_anybody_else_say_nothing() -> None:
    assert list(lines([replace(FRAME, target=CALLER)])) == []
