// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @notice Adversary: a token inside a contract that was registered as a notice board, and as no asset.
contract Scrip {
    event Noted(address indexed from, address indexed to, uint256 amount);
    event Transfer(address indexed from, address indexed to, uint256 amount);

    mapping(address holder => uint256) public balanceOf;

    function note(address to, uint256 amount) external {
        emit Noted(msg.sender, to, amount);
    }

    function pay(address to, uint256 amount) external {
        balanceOf[to] += amount;
        emit Transfer(msg.sender, to, amount);
    }
}
