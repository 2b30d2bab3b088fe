// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";

/// @notice Adversary: a title that names another owner than its transfers made one.
contract Deed is ERC721 {
    address private _claimant;

    constructor() ERC721("Deed", "DEED") {
        _mint(msg.sender, 1);
    }

    function claim() external {
        _claimant = msg.sender;
    }

    function ownerOf(uint256 id) public view override returns (address) {
        return _claimant == address(0) ? super.ownerOf(id) : _claimant;
    }
}
