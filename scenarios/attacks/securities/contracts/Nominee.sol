// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @notice Adversary: buys in its own name and passes the shares on within the same transaction, or keeps them for somebody.
contract Nominee {
    function passOn(IERC20 shares, address to, uint256 amount) external {
        shares.transferFrom(msg.sender, address(this), amount);
        shares.transfer(to, amount);
    }

    function giveBack(IERC20 shares, uint256 amount) external {
        shares.transfer(msg.sender, amount);
    }
}
