"""`python -m sandbox` is `taishan`."""

from sandbox.cli import main

if __name__ == "__main__":
    main()
