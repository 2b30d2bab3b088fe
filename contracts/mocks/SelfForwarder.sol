// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @notice Adversary: makes the call it is asked to make, through a call to itself, and reports success whatever came of it.
/// A refusal raised inside an inner frame would be lost here.
contract SelfForwarder {
    error OnlySelf(address caller);

    event Forwarded(address indexed target, bool succeeded);

    function forward(address target, bytes calldata data) external {
        (bool succeeded,) = address(this).call(abi.encodeCall(this.inner, (target, data)));
        emit Forwarded(target, succeeded);
    }

    function inner(address target, bytes calldata data) external {
        if (msg.sender != address(this)) {
            revert OnlySelf(msg.sender);
        }
        (bool succeeded, bytes memory reason) = target.call(data);
        require(succeeded, string(reason));
    }
}
