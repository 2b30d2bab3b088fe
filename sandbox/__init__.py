"""The Taishan sandbox (泰山沙盒): on-chain fintech pilots, run for real, under supervision, without real money."""

__version__ = "0.1.0"
