// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Voucher} from "../src/Voucher.sol";
import {vm} from "./Vm.sol";

/// The season's vouchers: deployed, and a hundred of them issued to one holder.
contract Deploy {
    function run() external {
        vm.startBroadcast();
        new Voucher(block.timestamp + 7 days).issue(vm.envAddress("HOLDER"), 100);
        vm.stopBroadcast();
    }
}
