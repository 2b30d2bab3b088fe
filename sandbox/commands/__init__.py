"""Groups of `taishan` commands. Each command parses, makes one service call and prints."""
