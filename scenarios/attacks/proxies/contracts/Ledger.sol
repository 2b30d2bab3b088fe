// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @notice The logic that was approved: a points ledger behind proxies, which whoever comes first initialises.
contract Ledger is ERC20 {
    error AlreadyInitialised(address owner);

    event OwnershipTransferred(address indexed previousOwner, address indexed newOwner);

    address private _owner;

    constructor() ERC20("Ledger", "LDG") {}

    function decimals() public pure override returns (uint8) {
        return 0;
    }

    function initialize(address owner) external {
        if (_owner != address(0)) {
            revert AlreadyInitialised(_owner);
        }
        emit OwnershipTransferred(_owner, owner);
        _owner = owner;
    }

    function version() external pure returns (uint256) {
        return 1;
    }
}
