// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {Ledger} from "./Ledger.sol";

/// @notice Adversary: makes minimal proxies (EIP-1167), code that admission never saw.
contract Cloner {
    event Made(address indexed made);

    function clone(address implementation) external {
        emit Made(Clones.clone(implementation));
    }

    function build() external {
        emit Made(address(new Ledger()));
    }
}
