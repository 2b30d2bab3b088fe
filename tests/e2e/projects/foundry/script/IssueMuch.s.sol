// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Voucher} from "../src/Voucher.sol";
import {vm} from "./Vm.sol";

/// More vouchers at once than one transaction may move; the contract itself has nothing against it.
contract IssueMuch {
    function run() external {
        vm.broadcast();
        Voucher(vm.envAddress("VOUCHER")).issue(vm.envAddress("HOLDER"), 501);
    }
}
