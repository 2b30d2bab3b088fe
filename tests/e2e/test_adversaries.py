"""Contracts that misbehave on purpose, through the real command line: each ends in the right finding."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.e2e.conftest import ROOT, Taishan

MOCKS = ROOT / "contracts" / "mocks"

ACTORS = """scenario: adversary
pilot: sme-equity
actors:
  issuer: {role: issuer}
  agent: {role: transfer_agent}
  alice: {client: C-001, class: qualified, jurisdiction: CN, native: 1 ether}
  bob: {client: C-002, class: qualified, jurisdiction: CN}
  mallory: {}
steps:
"""
REGISTER = """  - {deploy: Register, as: issuer, args: [名册, REG, 200, $issuer, $agent]}
  - {call: Register.issue, as: issuer, args: [$alice, 100], request: REQ-1}
"""


@pytest.fixture
def adversary(equity: Path) -> Path:
    """The sme-equity pilot with every adversary that admission lets in beside its own contract."""
    shutil.copytree(MOCKS, equity / "contracts" / "mocks")
    names = ("SilentMinter", "TransferSpoofer", "SelfForwarder", "Create2Factory", "UnprotectedProxy")
    lines = "".join(f"  {name}: {{source: contracts/mocks/{name}.sol}}\n" for name in names)
    manifest = equity / "pilot.yaml"
    text = manifest.read_text(encoding="utf-8").replace("contracts:\n", f"contracts:\n{lines}", 1)
    manifest.write_text(re.sub(r" +(call_depth|creations): .*\n", "", text), encoding="utf-8")
    return equity


def asset_is(pilot: Path, contract: str, decimals: int) -> None:
    manifest = pilot / "pilot.yaml"
    text = manifest.read_text(encoding="utf-8").replace("shares: {contract: Register", f"shares: {{contract: {contract}")
    text = text.replace("standard: erc20, decimals: 0", f"standard: erc20, decimals: {decimals}")
    manifest.write_text(text, encoding="utf-8")


CASES = {
    "a balance that changes without an event": (
        "SilentMinter",
        "  - {deploy: SilentMinter, as: issuer, args: [1000]}\n"
        "  - {call: SilentMinter.transfer, as: issuer, args: [$alice, 10]}\n"
        "  - {call: SilentMinter.mintSilently, as: bob, args: [$alice, 5],"
        " expect: {status: flagged, finding: supply_integrity, grade: S4}}\n",
    ),
    "a transfer that only its event knows of": (
        "TransferSpoofer",
        "  - {deploy: TransferSpoofer, as: issuer, args: [1000]}\n"
        "  - {call: TransferSpoofer.transfer, as: issuer, args: [$alice, 10]}\n"
        "  - {call: TransferSpoofer.spoof, as: bob, args: [$alice, $bob, 5],"
        " expect: {status: flagged, finding: supply_integrity, grade: S4}}\n",
    ),
    "a token of the pilot's own that is no registered asset": (
        "Register",
        REGISTER + "  - {deploy: TransferSpoofer, as: issuer, args: [1000],"
        " expect: {status: blocked, finding: allowed_contracts, grade: S4}}\n"
        '  - check: {exposure: C-002, equals: "0 CNY"}\n',
    ),
    "decimals that are not the declared ones": (
        "SilentMinter",
        "  - {deploy: SilentMinter, as: issuer, args: [1000],"
        " expect: {status: flagged, finding: supply_integrity, grade: S4}}\n",
    ),
    "a refusal that the outer contract swallows refuses the whole transaction": (
        "Register",
        REGISTER + "  - {deploy: SelfForwarder, as: issuer}\n"
        "  - {call: Register.issue, as: issuer, args: [$SelfForwarder, 10], request: REQ-2}\n"
        "  - {call: SelfForwarder.forward, as: alice,"
        ' args: [$Register, \'$encode("transfer(address,uint256)", $mallory, 1)\'],'
        " expect: {status: blocked, finding: whitelist, grade: S3}}\n"
        "  - check: {balance: $mallory, asset: shares, equals: 0}\n"
        "  - {call: SelfForwarder.forward, as: alice,"
        ' args: [$Register, \'$encode("transfer(address,uint256)", $bob, 1)\']}\n'
        "  - check: {balance: $bob, asset: shares, equals: 1}\n",
    ),
    "a contract made out of code nobody registered": (
        "Register",
        REGISTER + "  - {deploy: Create2Factory, as: issuer}\n"
        f"  - {{call: Create2Factory.create, as: alice, args: [\"0x{'00' * 32}\"],"
        " expect: {status: blocked, finding: allowed_contracts, grade: S3}}\n",
    ),
    "an upgrade by somebody who may not": (
        "Register",
        REGISTER + "  - {deploy: SelfForwarder, as: issuer}\n"
        "  - {deploy: UnprotectedProxy, as: issuer, args: [$Register, '$encode(\"paused()\")']}\n"
        "  - {call: UnprotectedProxy.upgradeTo, as: bob, args: [$SelfForwarder],"
        " expect: {status: flagged, finding: privileged_op, grade: S3}}\n",
    ),
    "value sent to somebody nobody knows": (
        "Register",
        REGISTER + "  - {transfer: {to: $mallory, amount: 1}, as: alice,"
        " expect: {status: blocked, finding: whitelist, grade: S3}}\n"
        "  - {transfer: {to: $bob, amount: 1}, as: alice}\n",
    ),
    "a call by somebody nobody knows": (
        "Register",
        REGISTER + "  - {call: Register.transfer, as: mallory, args: [$bob, 0],"
        " expect: {status: blocked, finding: whitelist, grade: S3}}\n",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_supervisor_notices(name: str, adversary: Path, taishan: Taishan) -> None:
    asset, steps = CASES[name]
    asset_is(adversary, asset, decimals=0 if asset == "Register" or "decimals" in name else 18)
    scenario = adversary / "adversary.yaml"
    scenario.write_text(ACTORS + steps, encoding="utf-8")
    done = taishan("run", scenario)
    assert done.code == 0, done.out + done.err


def test_a_contract_with_a_forbidden_opcode_does_not_get_in(adversary: Path, taishan: Taishan) -> None:
    manifest = adversary / "pilot.yaml"
    line = "contracts:\n  SelfDestructSender: {source: contracts/mocks/SelfDestructSender.sol}\n"
    manifest.write_text(manifest.read_text(encoding="utf-8").replace("contracts:\n", line, 1), encoding="utf-8")
    done = taishan("pilot", "submit", adversary)
    assert done.code == 2 and "SelfDestructSender" in done.out and "SWC-106" in done.out
    assert taishan("pilot", "list", "--format", "json").json == []
