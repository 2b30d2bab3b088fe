"""The adversaries meet the supervisor: the same contracts that get their way on a bare chain (`test_mocks`) are refused, or
flagged, here."""

from __future__ import annotations

import shutil
from pathlib import Path

from sandbox.compiler import Compilers
from sandbox.domain.limits import LimitSet
from sandbox.domain.profiles import bind
from sandbox.runner import Job, run
from sandbox.scenario_files import load_manifest, load_profile, load_scenario
from tests.contracts.bench import ROOT

HASHES = {"manifest": "0" * 64, "scenario": "0" * 64, "limits": "0" * 64}


def test_no_adversary_gets_its_way_unseen(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "contracts/mocks", tmp_path / "contracts")
    shutil.copy(ROOT / "scenarios/sme-equity/contracts/Register.sol", tmp_path / "contracts")
    shutil.copy(ROOT / "tests/contracts/adversaries/pilot.yaml", tmp_path)
    manifest = load_manifest(tmp_path / "pilot.yaml")
    scenario = load_scenario(ROOT / "tests/contracts/adversaries/attacks.yaml")
    profile = load_profile(ROOT / f"scenarios/profiles/{manifest.limits.profile}.yaml")
    limits = bind(profile, manifest.limits.set, manifest.limits.modes)
    assert isinstance(limits, LimitSet), limits
    artifacts = Compilers(tmp_path, ROOT / "node_modules").build(manifest.contracts.values())

    outcomes = run(
        Job(manifest, scenario, artifacts, limits, HASHES, "pyevm", scenario.seed, 60), lambda _: None, lambda *_: None
    )

    assert [(outcome.where, outcome.title, outcome.error) for outcome in outcomes if outcome.error] == []
