// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @notice Victim: a purse that asks who started the transaction, not who calls (SWC-115).
contract Purse {
    error NotOwner(address origin);

    address private immutable _owner = msg.sender;

    function pay(IERC20 token, address to, uint256 amount) external {
        if (tx.origin != _owner) {
            revert NotOwner(tx.origin);
        }
        token.transfer(to, amount);
    }
}
