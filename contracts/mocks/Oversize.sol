// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

// Every level carries the creation code of both contracts of the level below, so that the size doubles with each.

contract L0 {
    uint256 public left = 1;
}

contract R0 {
    uint256 public right = 2;
}

contract L1 {
    function cargo() external pure returns (bytes memory, bytes memory) {
        return (type(L0).creationCode, type(R0).creationCode);
    }
}

contract R1 {
    function cargo() external pure returns (bytes memory, bytes memory) {
        return (type(L0).creationCode, type(R0).creationCode);
    }
}

contract L2 {
    function cargo() external pure returns (bytes memory, bytes memory) {
        return (type(L1).creationCode, type(R1).creationCode);
    }
}

contract R2 {
    function cargo() external pure returns (bytes memory, bytes memory) {
        return (type(L1).creationCode, type(R1).creationCode);
    }
}

contract L3 {
    function cargo() external pure returns (bytes memory, bytes memory) {
        return (type(L2).creationCode, type(R2).creationCode);
    }
}

contract R3 {
    function cargo() external pure returns (bytes memory, bytes memory) {
        return (type(L2).creationCode, type(R2).creationCode);
    }
}

contract L4 {
    function cargo() external pure returns (bytes memory, bytes memory) {
        return (type(L3).creationCode, type(R3).creationCode);
    }
}

contract R4 {
    function cargo() external pure returns (bytes memory, bytes memory) {
        return (type(L3).creationCode, type(R3).creationCode);
    }
}

contract L5 {
    function cargo() external pure returns (bytes memory, bytes memory) {
        return (type(L4).creationCode, type(R4).creationCode);
    }
}

contract R5 {
    function cargo() external pure returns (bytes memory, bytes memory) {
        return (type(L4).creationCode, type(R4).creationCode);
    }
}

/// @notice Adversary: larger than the 24,576 bytes EIP-170 allows.
contract Oversize {
    function cargo() external pure returns (bytes memory, bytes memory) {
        return (type(L5).creationCode, type(R5).creationCode);
    }
}
