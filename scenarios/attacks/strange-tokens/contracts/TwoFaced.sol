// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @notice Adversary: mints silently, and shows the books of its events to whoever asks as a supervisor would.
contract TwoFaced is ERC20 {
    uint256 private _hidden;
    mapping(address holder => uint256) private _extra;

    constructor(uint256 amount) ERC20("Two-faced", "TWO") {
        _mint(msg.sender, amount);
    }

    function decimals() public pure override returns (uint8) {
        return 0;
    }

    function credit(address to, uint256 amount) external {
        _extra[to] += amount;
        _hidden += amount;
    }

    /// @dev Spends what was credited in silence first; the event tells of an ordinary transfer.
    function transfer(address to, uint256 amount) public override returns (bool) {
        if (_extra[msg.sender] < amount) {
            return super.transfer(to, amount);
        }
        _extra[msg.sender] -= amount;
        _extra[to] += amount;
        emit Transfer(msg.sender, to, amount);
        return true;
    }

    function totalSupply() public view override returns (uint256) {
        return _watched() ? super.totalSupply() : super.totalSupply() + _hidden;
    }

    function balanceOf(address holder) public view override returns (uint256) {
        return _watched() ? super.balanceOf(holder) : super.balanceOf(holder) + _extra[holder];
    }

    /// @dev A supervisor's question pays no gas and comes from nobody.
    function _watched() internal view virtual returns (bool) {
        return tx.gasprice == 0 && msg.sender == address(0);
    }
}

/// @notice Adversary: shows the clean books to everybody who is no contract.
contract Deceiver is TwoFaced {
    constructor(uint256 amount) TwoFaced(amount) {}

    function _watched() internal view override returns (bool) {
        return msg.sender == tx.origin;
    }
}
