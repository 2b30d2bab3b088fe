// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";

/// @notice Adversary: a collection whose transfer events need no transfer.
contract Gallery is ERC721 {
    constructor() ERC721("Gallery", "GAL") {
        _mint(msg.sender, 1);
    }

    function exhibit(address from, address to, uint256 id) external {
        emit Transfer(from, to, id);
    }
}
