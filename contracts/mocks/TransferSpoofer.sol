// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @notice Adversary: a token that emits transfers which never happened.
contract TransferSpoofer is ERC20 {
    constructor(uint256 shares) ERC20("Transfer Spoofer", "SPOOF") {
        _mint(msg.sender, shares);
    }

    function spoof(address from, address to, uint256 amount) external {
        emit Transfer(from, to, amount);
    }
}
