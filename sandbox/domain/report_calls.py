"""Call paths in words: contract, function, arguments and result of each frame, and which frame broke a rule.

A frame's row in the log holds the fields of `effects.Frame` in their order, bytes as 0x-hex and amounts as decimal text.
Arguments are decoded from the signatures the pilot's interfaces give; what cannot be decoded is left out, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, Final

from sandbox.domain.effects import Frame
from sandbox.domain.report_scan import Data, Names, ReportContext, Transaction

FRAME_FIELDS: Final = tuple(field.name for field in fields(Frame))
FRAMES_SHOWN: Final = 60
_SIGNATURE: Final = re.compile(r"(?P<name>\w*)\((?P<inputs>[^()]*)\)(?: *returns *\((?P<outputs>[^()]*)\))?")
_WORD: Final = re.compile(r"address|bool|u?int\d*|bytes(?:[1-9]|[12]\d|3[0-2])")
_CREATING: Final = ("create", "create2")


def call_path(transaction: Transaction, context: ReportContext, names: Names) -> Data:
    """The frames of one transaction, outermost first. breaches: codes of the rules the frame broke."""
    breaches: dict[int, list[str]] = {}
    for entry in transaction.findings:
        finding = entry.body["finding"]
        if finding["frame"] is not None:
            breaches.setdefault(int(finding["frame"]), []).append(str(finding["code"]))
    rows = [dict(zip(FRAME_FIELDS, row, strict=True)) for row in transaction.body["frames"]]
    marked = [row for row in rows[FRAMES_SHOWN:] if int(row["index"]) in breaches]
    shown = [*rows[:FRAMES_SHOWN], *marked]
    return {"total": len(rows), "frames": [_frame(row, breaches, context, names) for row in shown]}


def decoded_call(transaction: Transaction, context: ReportContext, names: Names) -> Data:
    """Who called what with which arguments, by the names the interface gives them."""
    body = transaction.body
    signature = _signature(context, names, names.text(body["target"] or ""), str(body["data"])[:10])
    labels = [label for _, label in _parameters(signature["inputs"])] if signature else []
    args = [names.text(value) for value in body["args"]]
    if len(labels) != len(args):
        labels = [""] * len(args)
    return {
        "actor": names.text(body["sender"]),
        "action": str(body["action"]),
        "args": [{"name": label, "value": value} for label, value in zip(labels, args, strict=True)],
    }


def decode_words(parameters: str, data: str, names: Names) -> list[str]:
    """Values of ABI-encoded parameters ("address to, uint256 amount") as text. Stops with "…" at the first one that is
    not a single word or a text, or that the data is too short for."""
    values: list[str] = []
    raw = bytes.fromhex(data.removeprefix("0x"))
    for position, (kind, _) in enumerate(_parameters(parameters)):
        word = raw[32 * position : 32 * position + 32]
        value = _text(raw, word) if kind in ("string", "bytes") else _word(kind, word, names)
        if len(word) < 32 or value is None:
            return [*values, "…"]
        values.append(f'"{value}"' if kind == "string" else value)
    return values


def _frame(row: Mapping[str, Any], breaches: Mapping[int, Sequence[str]], context: ReportContext, names: Names) -> Data:
    kind, data, contract = str(row["kind"]), str(row["data"]), names.text(row["target"])
    code = names.text(row["code_address"])
    signature = None if kind in _CREATING else _signature(context, names, code, data[:10])
    call = signature["name"] if signature else data[:10] if len(data) > 2 and kind not in _CREATING else ""
    outputs = (signature["outputs"] or "") if signature else ""
    return {
        "index": int(row["index"]),
        "depth": int(row["depth"]),
        "kind": kind,
        "caller": names.text(row["caller"]),
        "contract": contract,
        "code": code if code != contract else None,
        "function": call,
        "decoded": signature is not None,
        "args": decode_words(signature["inputs"], data[10:], names) if signature else [],
        "result": decode_words(outputs, str(row["output"]), names) if outputs and row["error"] is None else [],
        "value": str(row["value"]),
        "gas_used": str(row["gas_used"]),
        "error": row["error"],
        "committed": bool(row["committed"]),
        "breaches": list(breaches.get(int(row["index"]), ())),
    }


def _signature(context: ReportContext, names: Names, contract: str, selector: str) -> re.Match[str] | None:
    interfaces = (context.interfaces.get(name, {}) for name in (contract, names.contracts.get(contract, contract)))
    text = next((known[selector] for known in interfaces if selector in known), None)
    return _SIGNATURE.fullmatch(text) if text else None


def _parameters(text: str) -> list[tuple[str, str]]:
    pairs = [part.split() for part in text.split(",") if part.strip()]
    return [(pair[0], pair[-1] if len(pair) > 1 else "") for pair in pairs]


def _word(kind: str, word: bytes, names: Names) -> str | None:
    if not _WORD.fullmatch(kind):
        return None
    number = int.from_bytes(word, "big", signed=kind.startswith("int"))
    if kind == "address":
        return names.text("0x" + word[12:].hex())
    if kind == "bool":
        return "true" if number else "false"
    return "0x" + word[: int(kind[5:])].hex() if kind.startswith("bytes") else str(number)


def _text(raw: bytes, word: bytes) -> str | None:
    offset = int.from_bytes(word, "big")
    head = raw[offset : offset + 32]
    length = int.from_bytes(head, "big")
    content = raw[offset + 32 : offset + 32 + length]
    if len(word) < 32 or len(head) < 32 or len(content) != length:
        return None
    return content[:64].decode("utf-8", "backslashreplace") + ("…" if length > 64 else "")
