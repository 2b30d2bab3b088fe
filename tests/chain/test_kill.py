"""A process that is killed at any moment leaves chain, book and log in agreement, and nothing acknowledged is lost."""

from __future__ import annotations

from pathlib import Path

from sandbox.storage.database import Database
from tests.chain.teller import Teller, agree, killed

KILLS = 20


def test_twenty_kills_lose_nothing_and_leave_no_contradiction(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/sandbox.db"
    database = Database.open(url)
    Teller(database, fresh=True).chain.close()
    database.close()
    acknowledged: list[bytes] = []
    for seed in range(KILLS):
        acknowledged += killed(url, seed, longest=0.3)
        database = Database.open(url)
        height = agree(database, acknowledged)
        database.close()
        assert height >= len(acknowledged)
    assert acknowledged, "nothing was ever stored: the processes were killed too early"
