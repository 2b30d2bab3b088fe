"""One typed Settings class; read by `cli.py` and `api/app.py` and by nobody else."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """What a machine may want different. Every field can be set as an environment variable with the prefix TAISHAN_."""

    model_config = SettingsConfigDict(env_prefix="TAISHAN_", extra="ignore")

    home: Path = Field(default=Path("taishan-data"), description="folder that holds everything a sandbox keeps")
    database_url: str | None = Field(default=None, description="SQLAlchemy URL; default: sandbox.db in the home folder")
    engine: Literal["auto", "pyevm", "rpc"] = Field(default="auto", description="EVM that runs scenarios")
    rpc_url: str | None = Field(default=None, description="node behind engine rpc; default: an Anvil of our own")
    node: str = Field(default="node", description="Node.js executable that runs the Solidity compiler")
    node_modules: Path = Field(default=PROJECT / "node_modules", description="npm packages sources may import from")
    scenarios: Path = Field(default=PROJECT / "scenarios", description="shipped pilots, scenarios and profiles")
    cache: Path = Field(
        default_factory=lambda: Path.home() / ".cache" / "taishan" / "compile",
        description="compiled contracts, addressed by content"
    )
    compile_seconds: int = Field(default=60, description="longest a compiler may run")
    transaction_seconds: int = Field(default=20, description="longest one transaction may run, whatever its gas")

    def database(self, home: Path | None = None) -> str:
        """URL of the database in force."""
        return self.database_url or f"sqlite:///{(home or self.home).absolute() / 'sandbox.db'}"
