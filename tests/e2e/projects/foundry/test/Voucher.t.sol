// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {vm} from "../script/Vm.sol";
import {Voucher} from "../src/Voucher.sol";

/// Against the vouchers that are deployed on the forked chain.
contract VoucherTest {
    Voucher private voucher = Voucher(vm.envAddress("VOUCHER"));
    address private holder = vm.envAddress("HOLDER");

    function test_HolderHasWhatWasIssued() external view {
        require(voucher.balanceOf(holder) == 100 && voucher.totalSupply() == 100, "not 100");
    }

    function test_NobodyHandsOnBeforeTheSeason() external {
        vm.expectRevert(abi.encodeWithSelector(Voucher.SeasonClosed.selector, voucher.opensAt()));
        vm.prank(holder);
        voucher.transfer(address(this), 1);
    }

    function test_VouchersAreHandedOnInTheSeason() external {
        vm.warp(voucher.opensAt());
        vm.prank(holder);
        voucher.transfer(address(this), 40);
        require(voucher.balanceOf(address(this)) == 40 && voucher.balanceOf(holder) == 60, "not handed on");
    }

    function testFuzz_NoMoreIsRedeemedThanIsHeld(uint8 amount) external {
        vm.prank(holder);
        (bool done,) = address(voucher).call(abi.encodeCall(Voucher.redeem, (amount)));
        require(done == (amount <= 100), "redeemed more than held");
    }
}
