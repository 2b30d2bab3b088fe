// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @notice Adversary: burns gas, swallows calldata and calls itself as deep as it is asked to.
contract Burner {
    uint256 private _turns;

    function spin(uint256 amount) external {
        uint256 stop = gasleft() - amount;
        while (gasleft() > stop) {
            _turns += 1;
        }
    }

    function swallow(uint256[] calldata junk) external {
        _turns = junk.length;
    }

    function dive(uint256 depth) external {
        if (depth != 0) {
            this.dive(depth - 1);
        }
    }
}

/// @notice A tool for the workshop that never was to be called by the public.
contract Backdoor {
    uint256 private _opened;

    function open() external {
        _opened += 1;
    }
}

/// @notice Adversary: the front desk, with a way to the back door.
contract Desk {
    Backdoor private immutable _back;
    uint256 private _served;

    constructor(Backdoor back) {
        _back = back;
    }

    function serve() external {
        _served += 1;
    }

    function serveVip() external {
        _back.open();
    }
}
