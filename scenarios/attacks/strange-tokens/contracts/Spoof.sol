// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @notice Adversary: a token that tells of transfers nobody made.
contract Spoof is ERC20 {
    constructor(uint256 amount) ERC20("Spoof", "SPF") {
        _mint(msg.sender, amount);
    }

    function decimals() public pure override returns (uint8) {
        return 0;
    }

    function announce(address from, address to, uint256 amount) external {
        emit Transfer(from, to, amount);
    }
}

/// @notice Adversary: no token at all, and speaks like one before it falls silent.
contract Herald {
    event Transfer(address indexed from, address indexed to, uint256 value);

    constructor(address from, address to, uint256 amount) {
        emit Transfer(from, to, amount);
    }
}

/// @notice Adversary: lets a herald nobody registered announce a transfer of its token.
contract Town {
    event Announced(address indexed to, uint256 amount);

    function proclaim(address from, address to, uint256 amount) external {
        new Herald(from, to, amount);
    }

    function note(address to, uint256 amount) external {
        emit Announced(to, amount);
    }
}
