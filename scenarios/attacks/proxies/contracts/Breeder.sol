// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {Chameleon, IBreeder} from "./Chameleon.sol";

/// @notice Adversary: breeds chameleons at addresses known beforehand (CREATE2), in the skin it is given.
contract Breeder is IBreeder {
    bytes private _skin;

    function breed(bytes32 salt, bytes calldata skin_) external {
        _skin = skin_;
        new Chameleon{salt: salt}();
    }

    function skin() external view returns (bytes memory) {
        return _skin;
    }
}
