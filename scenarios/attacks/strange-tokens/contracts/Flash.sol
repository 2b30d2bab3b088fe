// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @notice Adversary: makes money out of nothing for the length of a call (flash mint).
contract Flash is ERC20 {
    constructor(uint256 amount) ERC20("Flash", "FLS") {
        _mint(msg.sender, amount);
    }

    function decimals() public pure override returns (uint8) {
        return 0;
    }

    function flash(uint256 amount) external {
        _mint(msg.sender, amount);
        _burn(msg.sender, amount);
    }
}
