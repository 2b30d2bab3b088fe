// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @notice Adversary: hands a payment on to the next relay, so that the payment lies deep in the call tree.
contract Relay {
    Relay private immutable _next;

    constructor(Relay next) {
        _next = next;
    }

    function pass(IERC20 token, address from, address to, uint256 amount) external {
        if (address(_next) == address(0)) {
            token.transferFrom(from, to, amount);
        } else {
            _next.pass(token, from, to, amount);
        }
    }
}
