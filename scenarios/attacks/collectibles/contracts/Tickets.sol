// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";

/// @notice Victim: numbered tickets (ERC-721), each of them a token of its own.
contract Tickets is ERC721 {
    error NotIssuer(address caller);

    address private immutable _issuer = msg.sender;
    uint256 private _last;

    constructor() ERC721("Tickets", "TIX") {}

    function issue(address to, uint256 count) external {
        if (msg.sender != _issuer) {
            revert NotIssuer(msg.sender);
        }
        for (uint256 i = 0; i < count; ++i) {
            _mint(to, ++_last);
        }
    }
}
