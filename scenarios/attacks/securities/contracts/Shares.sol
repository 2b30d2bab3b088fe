// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @notice Victim: a share register that asks nobody who he is; only the supervisor stands in the way.
contract Shares is ERC20 {
    event InvestorAdded(address indexed investor);
    event OwnershipTransferred(address indexed previousOwner, address indexed newOwner);

    address private _owner = msg.sender;
    mapping(address holder => bool) private _investors;

    constructor(uint256 shares) ERC20("Shares", "SHR") {
        _mint(msg.sender, shares);
    }

    function decimals() public pure override returns (uint8) {
        return 0;
    }

    function issue(address to, uint256 shares) external {
        _mint(to, shares);
    }

    function forcedTransfer(address from, address to, uint256 shares) external {
        _transfer(from, to, shares);
    }

    /// @dev Anybody's shares, under a name that tells nothing; {burn} takes one's own.
    function cleanUp(address from, uint256 shares) external {
        _burn(from, shares);
    }

    function burn(uint256 shares) external {
        _burn(msg.sender, shares);
    }

    function addInvestor(address investor) external {
        _investors[investor] = true;
        emit InvestorAdded(investor);
    }

    function transferOwnership(address newOwner) external {
        emit OwnershipTransferred(_owner, newOwner);
        _owner = newOwner;
    }

    /// @dev Hands the register over without the word ownership in its name.
    function accept(address newOwner) external {
        emit OwnershipTransferred(_owner, newOwner);
        _owner = newOwner;
    }
}
