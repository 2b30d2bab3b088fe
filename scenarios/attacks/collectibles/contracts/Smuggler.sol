// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {ERC1155} from "@openzeppelin/contracts/token/ERC1155/ERC1155.sol";

/// @notice Adversary: a multi-token whose balances grow without a word.
contract Smuggler is ERC1155 {
    mapping(address holder => uint256) private _extra;

    constructor() ERC1155("") {
        _mint(msg.sender, 1, 10, "");
    }

    function smuggle(address to, uint256 amount) external {
        _extra[to] += amount;
    }

    function balanceOf(address holder, uint256 id) public view override returns (uint256) {
        return super.balanceOf(holder, id) + _extra[holder];
    }
}

/// @notice Adversary: a bag of many kinds that nobody registered as an asset; announced only when it is packed.
contract Bag is ERC1155 {
    event Listed(address indexed to, uint256[] ids);

    constructor() ERC1155("") {}

    function list(address to, uint256[] calldata ids) external {
        emit Listed(to, ids);
    }

    function pack(address to, uint256[] calldata ids, uint256[] calldata amounts) external {
        _mintBatch(to, ids, amounts, "");
    }
}
