// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @notice Victim: a pool whose price per unit follows whatever lies in it, without OpenZeppelin's virtual units.
contract NaiveVault {
    IERC20 private immutable _cash;
    uint256 private _supply;
    mapping(address owner => uint256) private _units;

    constructor(IERC20 cash) {
        _cash = cash;
    }

    function join(uint256 amount) external {
        uint256 units = _supply == 0 ? amount : amount * _supply / _cash.balanceOf(address(this));
        _cash.transferFrom(msg.sender, address(this), amount);
        _supply += units;
        _units[msg.sender] += units;
    }

    function leave(uint256 units) external {
        uint256 amount = units * _cash.balanceOf(address(this)) / _supply;
        _supply -= units;
        _units[msg.sender] -= units;
        _cash.transfer(msg.sender, amount);
    }

    function unitsOf(address owner) external view returns (uint256) {
        return _units[owner];
    }
}
