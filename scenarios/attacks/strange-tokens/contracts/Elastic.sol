// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @notice Adversary: every balance grows at a word, without an event (rebasing).
contract Elastic is ERC20 {
    uint256 private _scale = 100;

    constructor(uint256 amount) ERC20("Elastic", "ELA") {
        _mint(msg.sender, amount);
    }

    function decimals() public pure override returns (uint8) {
        return 0;
    }

    function rebase(uint256 percent) external {
        _scale = percent;
    }

    function totalSupply() public view virtual override returns (uint256) {
        return super.totalSupply() * _scale / 100;
    }

    function balanceOf(address holder) public view virtual override returns (uint256) {
        return super.balanceOf(holder) * _scale / 100;
    }

    function _update(address from, address to, uint256 amount) internal override {
        super._update(from, to, amount * 100 / _scale);
    }
}
