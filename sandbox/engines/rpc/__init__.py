"""Any JSON-RPC node as an engine: Anvil, Hardhat and whoever else offers what a supervised chain needs."""
