// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";

/// @notice Victim: loyalty points worth one CNY each, with the conveniences attackers like: batches and signed permits.
contract Points is ERC20, Multicall {
    error NotIssuer(address caller);
    error NotSigned(address owner);

    address private immutable _issuer = msg.sender;

    constructor() ERC20("Points", "PTS") {}

    function decimals() public pure override returns (uint8) {
        return 0;
    }

    function issue(address to, uint256 amount) external {
        if (msg.sender != _issuer) {
            revert NotIssuer(msg.sender);
        }
        _mint(to, amount);
    }

    /// @dev Lets `spender` have `value` points of whoever signed so (EIP-191).
    function permit(address owner, address spender, uint256 value, bytes calldata signature) external {
        bytes32 digest = MessageHashUtils.toEthSignedMessageHash(keccak256(abi.encode(owner, spender, value)));
        if (ECDSA.recover(digest, signature) != owner) {
            revert NotSigned(owner);
        }
        _approve(owner, spender, value);
    }
}
