// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {BeaconProxy} from "@openzeppelin/contracts/proxy/beacon/BeaconProxy.sol";

/// @notice A proxy that asks a beacon which code to run.
contract Follower is BeaconProxy {
    constructor(address beacon) BeaconProxy(beacon, "") {}
}
