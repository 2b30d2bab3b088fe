"""Projects as firms have them, with tests of their own, pointed at `taishan node --pilot pilot.yaml` without a change."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from sandbox.rpc.wallet import prefunded
from sandbox.settings import Settings
from tests.rpc.nodes import RunningNode, running

ROOT = Path(__file__).resolve().parents[2]
PROJECTS = Path(__file__).parent / "projects"
MODULES = Settings().node_modules.resolve()
NEEDED = {"hardhat": "@nomicfoundation/hardhat-network-helpers", "foundry": "@foundry-rs/forge"}
"""npm package without which a project cannot be tried."""

EMPLOYER, _, HOLDER = prefunded(3)
KEY = "0x" + EMPLOYER.key.hex()


@dataclass
class Project:
    """A project in a folder of its own. home: for what its tools write. variables: of its environment."""

    folder: Path
    home: Path
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def pilot(self) -> Path:
        return self.folder / "pilot.yaml"

    def run(self, *command: str, code: int = 0) -> str:
        """What a command of the project printed. code: with which it must end."""
        natives = [str(path) for path in MODULES.glob("@foundry-rs/*/bin")]
        variables = {
            "PATH": os.pathsep.join([*natives, str(self.folder / "node_modules" / ".bin"), os.environ["PATH"]]),
            "HOME": str(self.home),
            "HARDHAT_DISABLE_TELEMETRY_PROMPT": "true",
            "NO_COLOR": "1",
            **self.variables,
        }
        done = subprocess.run(command, capture_output=True, text=True, cwd=self.folder, env=variables, timeout=300)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr


@pytest.fixture
def project(tmp_path: Path) -> Callable[[str], Project]:
    """A copy of one of the projects by name, its packages installed."""

    def copied(name: str) -> Project:
        if not (MODULES / NEEDED[name]).is_dir():
            pytest.skip(f"npm package {NEEDED[name]} is not installed")
        folder = Path(shutil.copytree(PROJECTS / name, tmp_path / name))
        (folder / "node_modules").symlink_to(MODULES)
        home = tmp_path / "home"
        home.mkdir()
        return Project(folder, home)

    return copied


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_every_line_of_configuration_the_readme_shows_is_one_of_these_projects(name: str) -> None:
    sections = re.split(r"^#+ ", (ROOT / name).read_text(encoding="utf-8"), flags=re.MULTILINE)
    (shown,) = [section for section in sections if "npx hardhat compile" in section]
    blocks = {kind: lines.splitlines() for kind, lines in re.findall(r"```(yaml|js|toml)\n(.*?)```", shown, re.DOTALL)}
    assert set(blocks) == {"yaml", "js", "toml"}
    configured = {kind: "".join(path.read_text(encoding="utf-8") for path in PROJECTS.glob(f"*/*.{kind}")) for kind in blocks}
    configured["js"] = (PROJECTS / "hardhat" / "hardhat.config.cjs").read_text(encoding="utf-8")
    missing = [
        line for kind, lines in blocks.items() for line in lines if line.split("   #")[0].rstrip() not in configured[kind]
    ]
    assert not missing


def _hardhat(project: Project, network: str, *, failing: int) -> str:
    return project.run("hardhat", "test", "--network", network, code=failing)


def _counts(printed: str) -> dict[str, int]:
    return {what: int(count) for count, what in re.findall(r"^ +(\d+) (passing|failing)\b", printed, re.MULTILINE)}


@pytest.mark.slow
def test_a_hardhat_projects_tests_run_under_supervision_and_fail_only_where_a_limit_refuses(
    project: Callable[[str], Project],
) -> None:
    meals = project("hardhat")
    meals.run("hardhat", "compile")
    assert _counts(_hardhat(meals, "hardhat", failing=0)) == {"passing": 17}
    with running(meals.home, "--pilot", meals.pilot) as node:
        meals.variables["TAISHAN_URL"] = node.url
        printed = _hardhat(meals, "taishan", failing=2)
    assert _counts(printed) == {"passing": 15, "failing": 2}
    large, stranger = printed.split("failing")[1].split("2) network helpers")
    assert "1) Voucher\n       is issued in large amounts:" in large
    assert "ProviderError: refused by the supervisor: max_tx_amount S1: 501, bound 500" in large
    assert "send what a stranger sends:" in stranger
    assert "ProviderError: refused by the supervisor: whitelist S3: sender unknown, bound known participants" in stranger
    said = [line.split("console: ")[1] for line in node.printed if "console: " in line]
    redeems = f"{HOLDER.address} redeems"
    assert said == [f"{redeems} 30", "spendable 70", f"{redeems} 71"]
    assert any(line.startswith("blocked   employer  Voucher.issue") for line in node.printed)


@pytest.mark.slow
def test_a_hardhat_projects_tests_run_on_a_node_without_supervision_as_on_hardhats_own(
    project: Callable[[str], Project],
) -> None:
    meals = project("hardhat")
    with running(meals.home) as node:
        meals.variables["TAISHAN_URL"] = node.url
        assert _counts(_hardhat(meals, "taishan", failing=0)) == {"passing": 17}


@pytest.mark.slow
def test_a_foundry_project_deploys_tests_on_a_fork_and_meets_the_supervisor(project: Callable[[str], Project]) -> None:
    meals = project("foundry")
    meals.run("forge", "build")
    with running(meals.home, "--pilot", meals.pilot) as node:
        meals.variables |= {"TAISHAN_URL": node.url, "HOLDER": node.ask("eth_accounts")[2]}
        sending = ("--broadcast", "--rpc-url", "taishan", "--private-key", KEY)
        assert "ONCHAIN EXECUTION COMPLETE & SUCCESSFUL" in meals.run("forge", "script", "script/Deploy.s.sol", *sending)
        meals.variables["VOUCHER"] = node.ask("eth_getTransactionReceipt", _transactions(node)[0])["contractAddress"]
        assert "4 tests passed, 0 failed" in meals.run("forge", "test", "--fork-url", "taishan")
        _check_refusal(meals.run("forge", "script", "script/IssueMuch.s.sol", *sending, code=1))
        created = meals.run("forge", "create", "src/Voucher.sol:Voucher", *sending, "--constructor-args", "1")
        assert "Deployed to: 0x" in created
        issue = ("cast", "send", *sending[1:], meals.variables["VOUCHER"], "issue(address,uint256)", meals.variables["HOLDER"])
        assert re.search(r"^status +1 \(success\)$", meals.run(*issue, "5"), re.MULTILINE)
        _check_refusal(meals.run(*issue, "501", code=1))
    deployed = [line for line in node.printed if line.startswith("success   employer  deploy Voucher")]
    assert len(deployed) == 2
    assert any(line.startswith("blocked   employer  Voucher.issue") for line in node.printed)


def _transactions(node: RunningNode) -> list[str]:
    """Hashes of everything in the first block."""
    return list(node.ask("eth_getBlockByNumber", "0x1", False)["transactions"])


def _check_refusal(printed: str) -> None:
    """What a Foundry tool shows of a refusal: the words, the code and the findings."""
    assert re.search(r"error code -32003: refused by the supervisor: max_tx_amount S\d: 501, bound 500", printed), printed
    assert '"code":"max_tx_amount","limit":"max_tx_amount"' in printed
