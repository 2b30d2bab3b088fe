// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @notice Registered code a host may run as its own.
contract Module {
    function act() external {}
}

/// @notice Adversary: looks like the module, and nobody registered it.
contract Parasite {
    function act() external payable {}
}

/// @notice Adversary: runs a module on its own storage by delegatecall, also one it has just made up.
contract Host {
    function run(Module module) external {
        _act(address(module));
    }

    function runNew() external {
        _act(address(new Parasite()));
    }

    function _act(address module) private {
        (bool done,) = module.delegatecall(abi.encodeCall(Module.act, ()));
        require(done);
    }
}
