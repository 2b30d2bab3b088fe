// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";

/// @notice Adversary: sweeps a run of tickets out of a wallet in one transaction.
contract Sweeper {
    function sweep(IERC721 tickets, address to, uint256 first, uint256 last) external {
        for (uint256 id = first; id <= last; ++id) {
            tickets.transferFrom(msg.sender, to, id);
        }
    }
}
