// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @notice Adversary: passes ether on, through as many pipes as it likes, and does not care whether it arrives.
contract Pipe {
    event Passed(address indexed to, uint256 amount);

    function pass(address[] calldata path) external payable {
        if (path.length == 1) {
            (bool sent,) = path[0].call{value: msg.value}("");
            require(sent);
        } else {
            Pipe(path[0]).pass{value: msg.value}(path[1:]);
        }
        emit Passed(path[0], msg.value);
    }

    /// @dev One payment into many hands.
    function spread(address[] calldata to) external payable {
        for (uint256 i = 0; i < to.length; ++i) {
            (bool sent,) = to[i].call{value: msg.value / to.length}("");
            require(sent);
        }
    }
}
