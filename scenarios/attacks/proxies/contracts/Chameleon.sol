// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @notice Tells a chameleon what to become.
interface IBreeder {
    function skin() external view returns (bytes memory);
}

/// @notice Adversary: creation code everybody may see, which leaves behind whatever its creator says (metamorphic).
contract Chameleon {
    constructor() {
        bytes memory skin = IBreeder(msg.sender).skin();
        if (skin.length != 0) {
            assembly ("memory-safe") {
                return(add(skin, 32), mload(skin))
            }
        }
    }

    function colour() external pure returns (uint256) {
        return 1;
    }
}
