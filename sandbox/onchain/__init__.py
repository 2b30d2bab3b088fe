"""The sandbox's own contract on the shared chain, read and written through web3.py."""
