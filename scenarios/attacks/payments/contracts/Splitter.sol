// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @notice Adversary: turns one payment into many small ones within one transaction.
contract Splitter {
    function split(IERC20 token, address[] calldata to, uint256 each) external {
        for (uint256 i = 0; i < to.length; ++i) {
            token.transferFrom(msg.sender, to[i], each);
        }
    }
}
