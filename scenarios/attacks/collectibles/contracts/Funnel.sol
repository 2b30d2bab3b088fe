// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IERC721Receiver} from "@openzeppelin/contracts/token/ERC721/IERC721Receiver.sol";

/// @notice Adversary: sends a ticket on to its master from inside the hook that announces its arrival.
contract Funnel is IERC721Receiver {
    address private immutable _master;

    constructor(address master) {
        _master = master;
    }

    function onERC721Received(address, address, uint256 id, bytes calldata) external returns (bytes4) {
        IERC721(msg.sender).transferFrom(address(this), _master, id);
        return this.onERC721Received.selector;
    }
}
