// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @notice Adversary: keeps a second set of balances that a token adds to its own.
contract Cellar {
    uint256 public sum;
    mapping(address holder => uint256) public extra;

    function store(address to, uint256 amount) external {
        extra[to] += amount;
        sum += amount;
    }

    function tidy() external {}
}

/// @notice Adversary: its balances change while nobody calls it.
contract Facade is ERC20 {
    Cellar private immutable _cellar;

    constructor(uint256 amount, Cellar cellar) ERC20("Facade", "FCD") {
        _cellar = cellar;
        _mint(msg.sender, amount);
    }

    function decimals() public pure override returns (uint8) {
        return 0;
    }

    function totalSupply() public view override returns (uint256) {
        return super.totalSupply() + _cellar.sum();
    }

    function balanceOf(address holder) public view override returns (uint256) {
        return super.balanceOf(holder) + _cellar.extra(holder);
    }
}
