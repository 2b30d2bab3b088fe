// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";

/// @notice Adversary: a register whose pause key its owner can hand away, with the supervisor none the wiser.
contract Register is ERC20, Pausable {
    event Handed(address indexed to);

    address private _pauser;

    constructor(uint256 shares, address supervisor) ERC20("Register", "REG") {
        _pauser = supervisor;
        _mint(msg.sender, shares);
    }

    function decimals() public pure override returns (uint8) {
        return 0;
    }

    function pauser() external view returns (address) {
        return _pauser;
    }

    function handPauseKey(address to) external {
        _pauser = to;
        emit Handed(to);
    }

    /// @dev Forgets to ask who calls, as does {unpause}.
    function pause() external {
        _pause();
    }

    function unpause() external {
        _unpause();
    }

    function _update(address from, address to, uint256 amount) internal override whenNotPaused {
        super._update(from, to, amount);
    }
}
