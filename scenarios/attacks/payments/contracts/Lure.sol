// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Purse} from "./Purse.sol";

/// @notice Adversary: promises a prize; whoever claims it opens his own purse to the author (phishing by tx.origin).
contract Lure {
    address private immutable _author;

    constructor(address author) {
        _author = author;
    }

    function claim(Purse purse, IERC20 token, uint256 amount) external {
        purse.pay(token, _author, amount);
    }
}
