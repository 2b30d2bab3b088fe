// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @notice Money on the chain, one token of it one CNY.
contract Cash is ERC20 {
    constructor(uint256 amount) ERC20("Cash", "CNH") {
        _mint(msg.sender, amount);
    }

    function decimals() public pure override returns (uint8) {
        return 0;
    }
}
