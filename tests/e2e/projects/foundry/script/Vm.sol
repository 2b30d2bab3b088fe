// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// The cheatcodes this project uses; forge-std declares them all.
interface Vm {
    function broadcast() external;
    function startBroadcast() external;
    function stopBroadcast() external;
    function envAddress(string calldata name) external view returns (address);
    function prank(address sender) external;
    function warp(uint256 timestamp) external;
    function expectRevert(bytes calldata data) external;
}

Vm constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
