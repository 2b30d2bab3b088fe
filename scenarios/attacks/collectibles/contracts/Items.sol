// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {ERC1155} from "@openzeppelin/contracts/token/ERC1155/ERC1155.sol";

/// @notice Victim: collectibles of many kinds (ERC-1155), which move in batches.
contract Items is ERC1155 {
    error NotIssuer(address caller);

    address private immutable _issuer = msg.sender;

    constructor() ERC1155("") {}

    function issue(address to, uint256 id, uint256 amount) external {
        if (msg.sender != _issuer) {
            revert NotIssuer(msg.sender);
        }
        _mint(to, id, amount, "");
    }
}
