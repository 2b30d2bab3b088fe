"""Whoever is at the chain or at the log behind the sandbox's back is found out by holding one against the other; also who holds
the key of the log and writes it anew as a whole."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox.cases.shared_chain import KEY_FILE
from sandbox.domain.act_fields import parse_act
from sandbox.domain.canonical import canonical, parse_canonical
from sandbox.domain.events import LogAnchored, RegistryWritten
from sandbox.domain.standing import Officer, Role
from sandbox.errors import VerificationFailed
from sandbox.service import Sandbox
from sandbox.settings import Settings
from sandbox.storage.logs import LogRepository

ROOT = Path(__file__).resolve().parents[2]
SLUG, NOW = "quick-loan", "2027-01-04T01:00:00Z"
OTHER = b"\xee" * 32
PLACE = {"address": "0x" + "aa" * 20, "block": 2, "block_hash": "0x" + "bb" * 32, "transaction": "0x" + "cc" * 32, "time": NOW}
DEPLOYED, WRITTEN, ANCHORED, WRITTEN_AGAIN = 3, 4, 5, 7
"""Entries of the log: papers, admission and hand-in come first; a transition stands between the anchor and the last write."""

Hand = Callable[[Path], None]


def opened(home: Path) -> Sandbox:
    return Sandbox.open(Settings(), home, clock=lambda: NOW)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with one pilot on the chain, written twice, and one anchor."""
    home = tmp_path_factory.mktemp("anchored") / "home"
    settings = Settings(cache=tmp_path_factory.mktemp("compiled"))
    with Sandbox.open(settings, home, clock=lambda: NOW) as sandbox:
        sandbox.submit(ROOT / "scenarios" / SLUG)
        sandbox.checkpoint()
        move = parse_act("transition", {"to": "under_review", "reason": "in order"})
        sandbox.act(SLUG, move, Officer("wang", Role.REGULATOR, "finance"))
        sandbox.sync_registry()
    return home


@pytest.fixture
def home(filled: Path, tmp_path: Path) -> Iterator[Path]:
    """A copy of it, to be tampered with."""
    yield Path(shutil.copytree(filled, tmp_path / "home"))


def written(home: Path) -> list[dict[str, str]]:
    with opened(home) as sandbox, sandbox._database.read() as connection:
        return [parse_canonical(one.body) for one in LogRepository(connection).entries("sandbox")]


def on_nodes(home: Path, change: Callable[[bytes], bytes]) -> None:
    """Lets a hand change what the engine keeps of the chain."""
    connection = sqlite3.connect(home / "sandbox.db")
    rows = connection.execute("SELECT key, value FROM chain_nodes").fetchall()
    changed = [(after, key) for key, value in rows if (after := change(value)) != value]
    assert changed
    connection.executemany("UPDATE chain_nodes SET value = ? WHERE key = ?", changed)
    connection.commit()
    connection.close()


def everywhere(entry: int, field: str, most: int = 10**6) -> Hand:
    """A hash that was written to the contract, changed in everything the chain keeps that is at most so many bytes long."""

    def hand(home: Path) -> None:
        tail = bytes.fromhex(written(home)[entry][field][2:])[16:]  # a leading zero is not stored
        on_nodes(home, lambda value: value.replace(tail, OTHER[16:]) if len(value) <= most else value)

    return hand


def in_state(entry: int, field: str) -> Hand:
    """The same in the contract's storage alone: transactions and receipts are longer."""
    return everywhere(entry, field, 100)


def replace_signature(home: Path) -> None:
    """The signed transaction of an anchor, changed in its block."""
    digest = bytes.fromhex(written(home)[ANCHORED]["transaction"][2:])
    with opened(home) as sandbox, sandbox.chains.use() as chain:
        raw = chain.receipt(digest).raw
    on_nodes(home, lambda value: value.replace(raw[-16:], OTHER[16:]) if raw in value else value)


def replace_code(home: Path) -> None:
    from sandbox.onchain.registry import artifact

    start = artifact().runtime_code[:64]
    on_nodes(home, lambda value: value[:-1] + b"\x00" if value.startswith(start) else value)


def statements(*texts: str) -> Hand:
    def hand(home: Path) -> None:
        connection = sqlite3.connect(home / "sandbox.db")
        for text in texts:
            assert connection.execute(text).rowcount != 0, text
        connection.commit()
        connection.close()

    return hand


def exchange_key(home: Path) -> None:
    (home / "keys" / KEY_FILE).write_text("11" * 32)


def lie(event: LogAnchored | RegistryWritten) -> Hand:
    """The log, by its own key, tells of what is not on the chain."""

    def hand(home: Path) -> None:
        with opened(home) as sandbox, sandbox._database.begin() as connection:
            sandbox._record(connection, NOW, event)

    return hand


def truly(kind: type[LogAnchored] | type[RegistryWritten], entry: int, **changes: object) -> Hand:
    """A lie about a block that is there."""

    def hand(home: Path) -> None:
        known = {key: value for key, value in written(home)[entry].items() if key not in ("v", "type")}
        lie(kind(**{**known, **changes}))(home)  # type: ignore[arg-type]

    return hand


def rewrite(home: Path) -> None:
    """The whole log written anew with another date of the submission, by whoever holds its key."""
    bodies = written(home)
    bodies[0]["time"] = "2026-01-01T00:00:00Z"
    with opened(home) as sandbox, sandbox._database.begin() as connection:
        for table in ("entries", "nodes", "checkpoints"):
            connection.exec_driver_sql(f"DELETE FROM {table}")
        log = sandbox._log(connection, "sandbox")
        log.append_encoded([(body["type"], canonical(body)) for body in bodies])
        log.checkpoint(sandbox.signer, NOW)


GONE = tuple(
    f"DELETE FROM {table}" for table in ("chain_nodes", "chain_logs", "chain_transactions", "chain_blocks", "chains")
)
ANCHOR = LogAnchored("sandbox", 6, "0x" + "dd" * 32, **PLACE)  # type: ignore[arg-type]
PILOT = RegistryWritten(SLUG, "f", *["0x" + "dd" * 32] * 3, "active", False, **PLACE)  # type: ignore[arg-type]

TAMPERED: dict[str, tuple[Hand, str, str]] = {
    "the anchored root": (in_state(ANCHORED, "root"), f"sandbox entry {ANCHORED}", "not on the chain as it was written"),
    "a pilot's manifest": (in_state(WRITTEN_AGAIN, "manifest_hash"), f"sandbox entry {WRITTEN_AGAIN}", "does not say of pilot"),
    "a pilot's limits": (in_state(WRITTEN_AGAIN, "limits_hash"), f"sandbox entry {WRITTEN_AGAIN}", "does not say of pilot"),
    "the anchored root everywhere": (everywhere(ANCHORED, "root"), f"sandbox entry {ANCHORED}", "is not in the block"),
    "a transaction": (replace_signature, f"sandbox entry {ANCHORED}", "is not in the block"),
    "the contract's code": (replace_code, f"sandbox entry {DEPLOYED}", "not what was deployed"),
    "the whole chain": (statements(*GONE), f"sandbox entry {DEPLOYED}", "with the registry contract is gone"),
    "what the state is made of": (statements("DELETE FROM chain_nodes WHERE length(value) > 500"), "registry", "be read"),
    "another supervisor": (exchange_key, f"sandbox entry {DEPLOYED}", "the registry the log tells of is at"),
    "an anchor that never was": (lie(ANCHOR), "sandbox entry 8", "is not the one the log tells of"),
    "a write that never was": (lie(PILOT), "sandbox entry 8", "is not the one the log tells of"),
    "an anchor nobody wrote": (truly(LogAnchored, ANCHORED, size=6), "sandbox entry 8", "not on the chain as it was written"),
    "another pilot": (truly(RegistryWritten, WRITTEN, pilot="b"), "the registry contract", "has the pilots ['quick-loan']"),
    "the log as a whole": (rewrite, f"sandbox entry {ANCHORED}", "are not those whose root is on the chain"),
}


def test_untouched_it_holds(home: Path) -> None:
    kinds = [entry["type"] for entry in written(home)]
    places = {DEPLOYED: "registry_deployed", ANCHORED: "log_anchored", WRITTEN: "registry_written"}
    assert {at: kinds[at] for at in places} == places and kinds[WRITTEN_AGAIN:] == ["registry_written"]
    with opened(home) as sandbox:
        assert sandbox.verify_logs()[-1].endswith("1 pilots, 1 anchors")


@pytest.mark.parametrize(("hand", "where", "what"), TAMPERED.values(), ids=TAMPERED)
def test_who_was_at_it_is_found_out(home: Path, hand: Hand, where: str, what: str) -> None:
    hand(home)
    with opened(home) as sandbox, pytest.raises(VerificationFailed) as found:
        sandbox.verify_logs()
    assert what in found.value.what and found.value.do
    assert where in (found.value.where or "")


def test_an_anchor_on_the_chain_that_the_log_hides_is_found(home: Path) -> None:
    with opened(home) as sandbox, sandbox._registry() as registry:
        registry._append = lambda *_: None  # what is written now, no log tells of
        registry.anchor("sandbox", 7, OTHER)
    with opened(home) as sandbox, pytest.raises(VerificationFailed, match=r"has 2 anchors of log sandbox, the log tells of 1"):
        sandbox.verify_logs()


def test_a_chain_that_cannot_be_read_is_told_so_whoever_asks(home: Path) -> None:
    statements("DELETE FROM chain_nodes WHERE length(value) > 500")(home)
    with opened(home) as sandbox:
        for ask in (lambda: sandbox.on_chain(SLUG), sandbox.sync_registry, sandbox.checkpoint):
            with pytest.raises(VerificationFailed, match="the registry contract cannot be read"):
                ask()
