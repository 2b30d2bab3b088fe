// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @notice Adversary: cannot be deployed.
contract RevertingConstructor {
    error NotToday(address deployer, uint256 code);

    constructor() {
        revert NotToday(msg.sender, 42);
    }
}
