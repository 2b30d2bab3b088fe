"""The registry contract through the real command line: told by the commands that change a pilot, shown, anchored, verified."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from sandbox.domain.checkpoint import parse_checkpoint, parse_note
from tests.e2e.conftest import ROOT, Taishan

LOAN = ROOT / "scenarios" / "quick-loan"


def test_what_commands_change_is_on_the_chain_and_what_was_anchored_cannot_be_changed(taishan: Taishan, tmp_path: Path) -> None:
    assert taishan("pilot", "submit", LOAN).code == 0
    by = ("--by", "wang", "--role", "regulator", "--department", "finance", "--reason", "in order")
    assert taishan("pilot", "transition", "quick-loan", "under_review", *by).code == 0
    registry = taishan("pilot", "show", "quick-loan", "--format", "json").json["registry"]
    assert registry["current"] is True and registry["block"] == 3
    assert (registry["entry"]["status"], registry["entry"]["paused"]) == ("under_review", False)
    shown = taishan("pilot", "show", "quick-loan").out
    assert registry["address"] in shown and registry["entry"]["manifest_hash"] in shown

    made = taishan("log", "checkpoint")
    checkpoint = parse_checkpoint(parse_note(made.out).text)
    assert made.code == 0 and f"anchored: {checkpoint.size} entries, root {checkpoint.root.hex()}, in block 4" in made.err
    held = taishan("log", "verify")
    assert held.code == 0 and f"holds: registry {registry['address']}, 1 pilots, 1 anchors" in held.out

    with sqlite3.connect(tmp_path / "home" / "sandbox.db") as connection:
        rows = connection.execute("SELECT value, key FROM chain_nodes").fetchall()
        tail, other = checkpoint.root[16:], b"\xee" * 16  # a leading zero of the root is not stored
        changed = [(value.replace(tail, other), key) for value, key in rows if tail in value and len(value) < 100]
        connection.executemany("UPDATE chain_nodes SET value = ? WHERE key = ?", changed)
    connection.close()
    refused = taishan("log", "verify")
    assert changed and refused.code == 1
    assert f"the anchor of {checkpoint.size} entries of log sandbox is not on the chain" in refused.err


def test_what_was_refused_is_not_on_any_chain(taishan: Taishan, loan: Path) -> None:
    manifest = loan / "pilot.yaml"
    text = manifest.read_text(encoding="utf-8")
    assert "exit_plan:" in text
    manifest.write_text("\n".join(line for line in text.splitlines() if "exit_plan:" not in line), encoding="utf-8")
    assert taishan("pilot", "submit", loan).code == 2
    assert taishan("pilot", "list").out.startswith("no pilot is registered")
    assert not (loan.parent / "home" / "keys" / "supervisor.key").exists()
