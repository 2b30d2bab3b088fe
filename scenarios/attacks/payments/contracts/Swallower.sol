// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @notice Adversary: calls itself, ignores the success flag, and reports success whatever came of the inner call.
contract Swallower {
    event Done(address indexed target);

    function forward(address target, bytes calldata data) external {
        address(this).call(abi.encodeCall(this.inner, (target, data)));
        emit Done(target);
    }

    function inner(address target, bytes calldata data) external {
        (bool succeeded,) = target.call(data);
        require(succeeded);
    }
}
