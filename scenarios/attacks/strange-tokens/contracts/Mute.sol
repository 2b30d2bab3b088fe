// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @notice Adversary: an ERC-20 of the old kind, whose transfers return nothing; callers that check a value see none.
contract Mute {
    error Short(address holder, uint256 balance, uint256 amount);

    event Transfer(address indexed from, address indexed to, uint256 value);

    uint256 public totalSupply;
    mapping(address holder => uint256) public balanceOf;

    constructor(uint256 amount) {
        totalSupply = amount;
        balanceOf[msg.sender] = amount;
        emit Transfer(address(0), msg.sender, amount);
    }

    function transfer(address to, uint256 amount) external {
        _move(msg.sender, to, amount);
    }

    /// @dev Anybody may move nothing in anybody's name; wallets list it all the same (address poisoning).
    function transferFrom(address from, address to, uint256 amount) external {
        if (amount != 0 && msg.sender != from) {
            revert Short(from, 0, amount);
        }
        _move(from, to, amount);
    }

    function _move(address from, address to, uint256 amount) private {
        if (balanceOf[from] < amount) {
            revert Short(from, balanceOf[from], amount);
        }
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
        emit Transfer(from, to, amount);
    }
}
