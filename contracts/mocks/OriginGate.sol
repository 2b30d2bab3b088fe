// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @notice Adversary: lets in whoever the owner's own transaction passes through (SWC-115).
contract OriginGate {
    error NotOwner(address origin);

    address private immutable _owner = msg.sender;
    uint256 private _passed;

    function pass() external {
        if (tx.origin != _owner) {
            revert NotOwner(tx.origin);
        }
        _passed += 1;
    }
}
