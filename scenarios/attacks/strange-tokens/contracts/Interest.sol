// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @notice Adversary where nobody declares it as rebasing: every balance grows by one percent a day, by itself.
contract Interest is ERC20 {
    uint256 private immutable _start = block.timestamp;

    constructor(uint256 amount) ERC20("Interest", "INT") {
        _mint(msg.sender, amount);
    }

    function decimals() public pure override returns (uint8) {
        return 0;
    }

    function totalSupply() public view override returns (uint256) {
        return _grown(super.totalSupply());
    }

    function balanceOf(address holder) public view override returns (uint256) {
        return _grown(super.balanceOf(holder));
    }

    function _grown(uint256 amount) private view returns (uint256) {
        return amount * (100 + (block.timestamp - _start) / 1 days) / 100;
    }
}

/// @notice The same, declared.
contract DeclaredInterest is Interest {
    constructor(uint256 amount) Interest(amount) {}
}
