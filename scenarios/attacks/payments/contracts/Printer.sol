// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {Points} from "./Points.sol";

/// @notice Adversary: prints points of its own, the same code as the registered ones at another address.
contract Printer {
    Points private _points;

    function found(address to, uint256 amount) external {
        _points = new Points();
        _points.issue(to, amount);
    }

    function print(address to, uint256 amount) external {
        _points.issue(to, amount);
    }
}
