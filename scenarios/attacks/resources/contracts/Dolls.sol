// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @notice Makes dolls.
interface IMaker {
    function fill(uint256 dolls) external;
}

/// @notice Adversary: a doll with smaller dolls inside, made while the one around them is still being made.
contract Doll {
    constructor(uint256 inside) {
        if (inside != 0) {
            IMaker(msg.sender).fill(inside);
        }
    }
}

/// @notice Adversary: what hides in the innermost doll; nobody registered it.
contract Worm {
    function bite() external pure returns (uint256) {
        return 42;
    }
}

/// @notice A doll that may be hollow.
contract HollowDoll {
    constructor(bool hollow) {
        if (!hollow) {
            new Worm();
        }
    }
}

/// @notice Adversary: makes code of any size, and code that draws lots while it is being made.
contract DollMaker is IMaker {
    error NotMade();

    event Made(address indexed made);

    function make(uint256 inside) external {
        emit Made(address(new Doll(inside)));
    }

    function fill(uint256 dolls) external {
        for (uint256 i = 0; i < dolls; ++i) {
            emit Made(address(new Doll(0)));
        }
    }

    function makeHollow(bool hollow) external {
        emit Made(address(new HollowDoll(hollow)));
    }

    function makeFrom(bytes calldata initCode) external {
        bytes memory code = initCode;
        address made;
        assembly ("memory-safe") {
            made := create(0, add(code, 32), mload(code))
        }
        if (made == address(0)) {
            revert NotMade();
        }
        emit Made(made);
    }
}
