// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @notice Adversary: runs until the gas is gone.
contract EndlessLoop {
    uint256 private _turns;

    function spin() external {
        while (true) {
            _turns += 1;
        }
    }
}

/// @notice Adversary: does the same before it even exists.
contract EndlessConstructor {
    uint256 private _turns;

    constructor() {
        while (true) {
            _turns += 1;
        }
    }
}
