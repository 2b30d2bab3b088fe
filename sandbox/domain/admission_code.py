"""Questions of admission about code: sizes, opcodes, interfaces, standards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from sandbox.domain.application import AdmissionFinding, Application
from sandbox.domain.bytecode import MAX_INIT_SIZE, MAX_RUNTIME_SIZE, hidden_selectors
from sandbox.domain.effects import Standard
from sandbox.domain.limits import Count, Forbidden, LimitSet


@dataclass(frozen=True, slots=True)
class _Watched:
    """An opcode that is worth a word. refuses: whatever the profile says."""

    refuses: bool
    what: str
    do: str
    tags: tuple[str, ...]


_OPCODES: Final[Mapping[str, _Watched]] = {
    "SELFDESTRUCT": _Watched(False, "can destroy itself and send its ether away", "remove it", ("SWC-106", "EthTrust-S")),
    "CALLCODE": _Watched(True, "uses CALLCODE, deprecated by EIP-2488", "use delegatecall of registered code", ("SWC-111",)),
    "DELEGATECALL": _Watched(False, "runs other code on its own storage", "name that code as a contract", ("SWC-112",)),
    "CREATE": _Watched(False, "creates contracts", "name their code as contracts", ()),
    "CREATE2": _Watched(False, "creates contracts at chosen addresses", "name their code as contracts", ("EthTrust-S",)),
    "ORIGIN": _Watched(False, "looks at tx.origin", "authorise by msg.sender", ("SWC-115", "EthTrust-S")),
    "TIMESTAMP": _Watched(False, "depends on block time", "tolerate seconds of difference", ("SWC-116",)),
    "BLOCKHASH": _Watched(False, "reads block hashes", "do not use them as randomness", ("SWC-120",)),
    "PREVRANDAO": _Watched(False, "reads prevrandao", "do not use it as randomness", ("SWC-120",)),
}


_STANDARD_FUNCTIONS: Final[Mapping[Standard, frozenset[str]]] = {
    Standard.NATIVE: frozenset(),
    Standard.ERC20: frozenset({"transfer(address,uint256)", "balanceOf(address)", "totalSupply()"}),
    Standard.ERC4626: frozenset({"transfer(address,uint256)", "balanceOf(address)", "totalSupply()", "totalAssets()"}),
    Standard.ERC721: frozenset({"ownerOf(uint256)", "balanceOf(address)"}),
    Standard.ERC1155: frozenset({"balanceOf(address,uint256)"}),
}


def code(application: Application) -> Iterator[AdmissionFinding]:
    """EIP-170, EIP-3860, JR/T 0184-2020 12.10: size and opcodes of every contract."""
    limits = application.limits
    forbidden = limits.bound("opcodes") if isinstance(limits, LimitSet) else None
    named = forbidden.names if isinstance(forbidden, Forbidden) else frozenset()
    size_limit = limits.bound("code_size") if isinstance(limits, LimitSet) else None
    largest = min(MAX_RUNTIME_SIZE, size_limit.maximum) if isinstance(size_limit, Count) else MAX_RUNTIME_SIZE
    for name, artifact in application.artifacts.items():
        runtime, init = len(artifact.runtime_code), len(artifact.init_code)
        if runtime > largest:
            what = f"{runtime:,} bytes of code, the limit is {largest:,} (EIP-170)"
            yield AdmissionFinding("code_too_large", True, name, what, "split the contract or let the optimizer run")
        if init > MAX_INIT_SIZE:
            what = f"{init:,} bytes of creation code, the limit is {MAX_INIT_SIZE:,} (EIP-3860)"
            yield AdmissionFinding("init_code_too_large", True, name, what, "split the contract")
        scanned = application.scans[name]
        for opcode, row in _OPCODES.items():
            if opcode in scanned.opcodes:
                places = ", ".join(f"pc {pc}" for pc in scanned.opcodes[opcode][:3])
                refuses = row.refuses or opcode in named
                yield AdmissionFinding(f"opcode_{opcode.lower()}", refuses, name, f"{row.what} ({places})", row.do, row.tags)


def dormant(application: Application) -> Iterator[AdmissionFinding]:
    """Dangerous opcodes that only a computed jump could reach (embedded creation code, data): a note; at run time the opcode
    watch has the last word."""
    for name, scanned in application.scans.items():
        for opcode in ("SELFDESTRUCT", "DELEGATECALL", "CALLCODE"):
            if opcode in scanned.dormant and opcode not in scanned.opcodes:
                what = f"holds {opcode} in bytes that ordinary jumps do not reach (pc {scanned.dormant[opcode][0]})"
                yield AdmissionFinding("opcode_dormant", False, name, what, "say in the declaration what these bytes are")


def interfaces(application: Application) -> Iterator[AdmissionFinding]:
    """What the code answers to is what its ABI says; proxies are named as such."""
    for name, artifact in application.artifacts.items():
        scanned = application.scans[name]
        for selector in hidden_selectors(scanned, artifact):
            what = f"answers to 0x{selector.hex()}, which its ABI does not declare"
            yield AdmissionFinding("hidden_function", True, name, what, "hand in the ABI that belongs to this code")
        if scanned.proxy.slots or scanned.proxy.minimal:
            kinds = ", ".join(sorted(scanned.proxy.slots)) or "eip1167"
            do = "upgrades are privileged operations; name the implementation as a contract"
            yield AdmissionFinding("proxy", False, name, f"is a proxy or knows proxy storage ({kinds})", do)


def standards(application: Application) -> Iterator[AdmissionFinding]:
    """A registered asset's contract has the functions its standard needs."""
    manifest = application.manifest
    for asset in manifest.assets.values():
        code = manifest.contracts.get(asset.contract or "")
        if code is None:
            continue
        face = application.artifacts[code.interface or code.key]
        missing = _STANDARD_FUNCTIONS[asset.standard] - set(face.selectors.values())
        if missing:
            what = f"{asset.contract} lacks {', '.join(sorted(missing))} of {asset.standard.value}"
            yield AdmissionFinding("standard_incomplete", True, f"assets.{asset.key}", what, "correct the asset's standard")
