// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @notice Adversary: as fine or as coarse as whoever deploys it likes, whatever the manifest says.
contract Grain is ERC20 {
    uint8 private immutable _decimals;

    constructor(uint256 amount, uint8 decimals_) ERC20("Grain", "GRN") {
        _decimals = decimals_;
        _mint(msg.sender, amount * 10 ** decimals_);
    }

    function decimals() public view override returns (uint8) {
        return _decimals;
    }
}
