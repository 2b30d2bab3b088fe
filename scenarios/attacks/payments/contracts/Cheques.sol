// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";

/// @notice Adversary: money that moves on a signature (as by ERC-2612 and ERC-3009), and by two ways that need none.
contract Cheques is ERC20 {
    error NotSigned(address owner);
    error Used(bytes32 nonce);

    event AuthorizationUsed(address indexed authorizer, bytes32 indexed nonce);

    mapping(address owner => mapping(bytes32 nonce => bool)) private _used;

    constructor(uint256 amount) ERC20("Cheques", "CHQ") {
        _mint(msg.sender, amount);
    }

    function decimals() public pure override returns (uint8) {
        return 0;
    }

    function permit(address owner, address spender, uint256 value, bytes calldata signature) external {
        _check(owner, keccak256(abi.encode(owner, spender, value)), signature);
        _approve(owner, spender, value);
    }

    function transferWithAuthorization(address owner, address to, uint256 value, bytes32 nonce, bytes calldata signature) external {
        _check(owner, keccak256(abi.encode(owner, to, value, nonce)), signature);
        if (_used[owner][nonce]) {
            revert Used(nonce);
        }
        _used[owner][nonce] = true;
        emit AuthorizationUsed(owner, nonce);
        _transfer(owner, to, value);
    }

    /// @dev Moves anybody's money under a harmless name.
    function rectify(address from, address to, uint256 value) external {
        _transfer(from, to, value);
    }

    /// @dev Shows an authorisation, but not of whose money it moves.
    function settle(address from, address to, uint256 value, bytes32 nonce) external {
        emit AuthorizationUsed(to, nonce);
        _transfer(from, to, value);
    }

    function _check(address owner, bytes32 digest, bytes calldata signature) private pure {
        if (ECDSA.recover(MessageHashUtils.toEthSignedMessageHash(digest), signature) != owner) {
            revert NotSigned(owner);
        }
    }
}
