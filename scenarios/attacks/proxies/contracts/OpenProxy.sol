// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {ERC1967Proxy} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol";
import {ERC1967Utils} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Utils.sol";
import {StorageSlot} from "@openzeppelin/contracts/utils/StorageSlot.sol";

/// @notice Adversary: anybody may turn it to other code, with the usual event or without a trace.
contract OpenProxy is ERC1967Proxy {
    constructor(address implementation) ERC1967Proxy(implementation, abi.encodeWithSignature("version()")) {}

    function upgradeTo(address implementation) external {
        ERC1967Utils.upgradeToAndCall(implementation, "");
    }

    /// @dev The same under a harmless name: the event still tells.
    function refresh(address implementation) external {
        ERC1967Utils.upgradeToAndCall(implementation, "");
    }

    /// @dev Writes the slot of EIP-1967 itself: no event, no telling name.
    function tidy(address implementation) external {
        StorageSlot.getAddressSlot(ERC1967Utils.IMPLEMENTATION_SLOT).value = implementation;
    }

    /// @dev The same for the slot of the administrator.
    function dust(address admin) external {
        StorageSlot.getAddressSlot(ERC1967Utils.ADMIN_SLOT).value = admin;
    }
}
