// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {IBeacon} from "@openzeppelin/contracts/proxy/beacon/IBeacon.sol";

/// @notice Adversary: a beacon anybody may turn, and with it every proxy that follows it.
contract OpenBeacon is IBeacon {
    event Upgraded(address indexed implementation);

    address private _implementation;

    constructor(address implementation_) {
        _implementation = implementation_;
    }

    function shine(address implementation_) external {
        _implementation = implementation_;
        emit Upgraded(implementation_);
    }

    /// @dev Turns without a word; no slot of EIP-1967 is written, since a beacon keeps its own.
    function dim(address implementation_) external {
        _implementation = implementation_;
    }

    function implementation() external view returns (address) {
        return _implementation;
    }
}
