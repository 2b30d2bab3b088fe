// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @notice What the factory creates; nobody registered it.
contract Stowaway {
    address private immutable _creator = msg.sender;

    function creator() external view returns (address) {
        return _creator;
    }
}

/// @notice Adversary: creates unregistered code at an address known beforehand.
contract Create2Factory {
    event Created(address indexed stowaway);

    function create(bytes32 salt) external returns (address stowaway) {
        stowaway = address(new Stowaway{salt: salt}());
        emit Created(stowaway);
    }
}
