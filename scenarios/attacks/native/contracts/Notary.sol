// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @notice Adversary: lives for one moment and leaves its ether to an heir who is not asked (SWC-106, SWC-132).
contract LastWill {
    constructor(address payable heir) payable {
        selfdestruct(heir);
    }
}

/// @notice Adversary: passes its ether on and stays; nobody registered it.
contract Courier {
    constructor(address payable to) payable {
        (bool sent,) = to.call{value: msg.value}("");
        require(sent);
    }
}

/// @notice Adversary: pays people by ways that leave no ordinary transfer.
contract Notary {
    function give(address payable to) external payable {
        (bool sent,) = to.call{value: msg.value}("");
        require(sent);
    }

    function bequeath(address payable heir) external payable {
        new LastWill{value: msg.value}(heir);
    }

    function courier(address payable to) external payable {
        new Courier{value: msg.value}(to);
    }
}
