// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @notice Adversary: tries any selector on any contract, and goes on whatever happens.
contract Knock {
    event Knocked(address indexed target, bool opened);

    function knock(address target, bytes calldata data) external {
        (bool opened,) = target.call(data);
        emit Knocked(target, opened);
    }
}
