// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @notice A desk that delivers against payment at one to one, and one that takes the payment and delivers nothing yet.
contract Desk {
    error NotPaid(address client);

    function exchange(IERC20 give, IERC20 take, uint256 amount) external {
        hold(give, amount);
        take.transfer(msg.sender, amount);
    }

    function hold(IERC20 give, uint256 amount) public {
        if (!give.transferFrom(msg.sender, address(this), amount)) {
            revert NotPaid(msg.sender);
        }
    }
}
