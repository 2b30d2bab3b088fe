// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {Elastic} from "./Elastic.sol";

/// @notice Adversary: declared as rebasing, and scales some more than others.
contract Stretch is Elastic {
    mapping(address holder => uint256) private _extra;
    uint256 private _sum;

    constructor(uint256 amount) Elastic(amount) {}

    function boost(address holder, uint256 amount) external {
        _extra[holder] += amount;
        _sum += amount;
    }

    function totalSupply() public view override returns (uint256) {
        return super.totalSupply() + _sum;
    }

    function balanceOf(address holder) public view override returns (uint256) {
        return super.balanceOf(holder) + _extra[holder];
    }
}
