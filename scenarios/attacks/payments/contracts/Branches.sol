// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @notice A forwarder the pilot registered.
contract Branch {
    function pass(IERC20 token, address from, address to, uint256 amount) external {
        token.transferFrom(from, to, amount);
    }
}

/// @notice Adversary: does the same, and nobody registered it.
contract Stowaway {
    function pass(IERC20 token, address from, address to, uint256 amount) external returns (bool) {
        return token.transferFrom(from, to, amount);
    }
}

/// @notice Adversary: opens a forwarder and sends a payment through it at once.
contract Branches {
    error NotApproved(address owner);

    function throughBranch(IERC20 token, address to, uint256 amount) external {
        _fund(token, amount);
        Branch branch = new Branch();
        token.approve(address(branch), amount);
        branch.pass(token, address(this), to, amount);
    }

    function throughStowaway(IERC20 token, address to, uint256 amount) external {
        _fund(token, amount);
        Stowaway stowaway = new Stowaway();
        token.approve(address(stowaway), amount);
        stowaway.pass(token, address(this), to, amount);
    }

    function _fund(IERC20 token, uint256 amount) private {
        if (!token.transferFrom(msg.sender, address(this), amount)) {
            revert NotApproved(msg.sender);
        }
    }
}
