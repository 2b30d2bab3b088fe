// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @notice Adversary: logic that answers like the ledger's next version and hands out what it finds.
contract Rogue {
    function version() external pure returns (uint256) {
        return 2;
    }

    function harvest(address payable to) external {
        (bool sent,) = to.call{value: address(this).balance}("");
        require(sent);
    }
}
