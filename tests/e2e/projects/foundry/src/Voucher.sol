// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// Vouchers an employer issues and a canteen takes back. They may be handed on once the season is open.
contract Voucher is ERC20, Ownable {
    error SeasonClosed(uint256 opensAt);

    event Redeemed(address indexed holder, uint256 amount);

    uint256 public immutable opensAt;

    constructor(uint256 opensAt_) ERC20("Meal voucher", "MEAL") Ownable(msg.sender) {
        opensAt = opensAt_;
    }

    function issue(address to, uint256 amount) external onlyOwner {
        _mint(to, amount);
    }

    function redeem(uint256 amount) external {
        _burn(msg.sender, amount);
        emit Redeemed(msg.sender, amount);
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        if (block.timestamp < opensAt) revert SeasonClosed(opensAt);
        return super.transfer(to, amount);
    }

    function decimals() public pure override returns (uint8) {
        return 0;
    }
}
