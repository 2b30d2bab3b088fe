// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @notice Adversary: balances and supply change without a word.
contract Silent is ERC20 {
    uint256 private _hidden;
    mapping(address holder => uint256) private _extra;

    constructor(uint256 amount) ERC20("Silent", "SIL") {
        _mint(msg.sender, amount);
    }

    function decimals() public pure override returns (uint8) {
        return 0;
    }

    function credit(address to, uint256 amount) external {
        _extra[to] += amount;
    }

    function inflate(uint256 amount) external {
        _hidden += amount;
    }

    function totalSupply() public view override returns (uint256) {
        return super.totalSupply() + _hidden;
    }

    function balanceOf(address holder) public view override returns (uint256) {
        return super.balanceOf(holder) + _extra[holder];
    }
}
