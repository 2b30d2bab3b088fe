// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @notice Adversary: a token whose true balances and supply exceed what its events tell.
contract SilentMinter is ERC20 {
    uint256 private _hidden;
    mapping(address holder => uint256) private _hiddenOf;

    constructor(uint256 shares) ERC20("Silent Minter", "SILENT") {
        _mint(msg.sender, shares);
    }

    function mintSilently(address to, uint256 amount) external {
        _hiddenOf[to] += amount;
        _hidden += amount;
    }

    function totalSupply() public view override returns (uint256) {
        return super.totalSupply() + _hidden;
    }

    function balanceOf(address holder) public view override returns (uint256) {
        return super.balanceOf(holder) + _hiddenOf[holder];
    }
}
