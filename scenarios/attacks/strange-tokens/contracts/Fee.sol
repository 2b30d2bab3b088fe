// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @notice Adversary: keeps a part of every transfer, and may raise that part.
contract Fee is ERC20 {
    event FeeTaken(address indexed payer, uint256 basisPoints);

    address private immutable _firm = msg.sender;
    uint256 private _fee = 100;

    constructor(uint256 amount) ERC20("Fee", "FEE") {
        _mint(msg.sender, amount);
    }

    function decimals() public pure override returns (uint8) {
        return 0;
    }

    function setFee(uint256 basisPoints) external {
        _fee = basisPoints;
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        uint256 kept = amount * _fee / 10_000;
        super.transfer(_firm, kept);
        emit FeeTaken(msg.sender, _fee);
        return super.transfer(to, amount - kept);
    }
}
