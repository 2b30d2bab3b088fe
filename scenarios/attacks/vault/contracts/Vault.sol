// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ERC4626} from "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";

/// @notice Adversary: a wealth product whose manager may take the money out and say that it is still there.
contract Vault is ERC4626 {
    error NotManager(address caller);

    address private immutable _manager = msg.sender;
    uint256 private _claimed;

    constructor(IERC20 cash) ERC20("Units", "UNT") ERC4626(cash) {}

    modifier onlyManager() {
        if (msg.sender != _manager) {
            revert NotManager(msg.sender);
        }
        _;
    }

    function invest(address to, uint256 amount) external onlyManager {
        IERC20(asset()).transfer(to, amount);
    }

    /// @dev Units for anybody, and no cash for them.
    function thank(address to, uint256 units) external {
        _mint(to, units);
    }

    function report(uint256 inTransit) external onlyManager {
        _claimed = inTransit;
    }

    /// @dev What the manager says is held: the cash here, and some that is said to be on its way.
    function reserves() external view returns (uint256) {
        return IERC20(asset()).balanceOf(address(this)) + _claimed;
    }
}
