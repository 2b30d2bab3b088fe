// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @notice Adversary: forces its wei on `heir` without calling him (SWC-106, SWC-132).
contract SelfDestructSender {
    constructor() payable {}

    function give(address payable heir) external {
        selfdestruct(heir);
    }
}
