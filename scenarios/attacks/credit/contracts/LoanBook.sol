// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @notice Victim: a loan book that writes down whatever it is told; only the supervisor reads it with a limit in mind.
contract LoanBook {
    event Drawn(address indexed borrower, uint256 principal);
    event Repaid(address indexed borrower, uint256 principal);
    event RateSet(address indexed borrower, uint256 annualBasisPoints);
    event FeeCharged(address indexed borrower, uint256 basisPoints);
    event Lost(address indexed lender, uint256 amount);

    mapping(address borrower => uint256) private _owed;

    function draw(address borrower, uint256 principal) external {
        _owed[borrower] += principal;
        emit Drawn(borrower, principal);
    }

    function repay(address borrower, uint256 principal) external {
        _owed[borrower] = principal < _owed[borrower] ? _owed[borrower] - principal : 0;
        emit Repaid(borrower, principal);
    }

    function setRate(address borrower, uint256 annualBasisPoints) external {
        emit RateSet(borrower, annualBasisPoints);
    }

    function chargeFee(address borrower, uint256 basisPoints) external {
        emit FeeCharged(borrower, basisPoints);
    }

    function writeOff(address lender, uint256 amount) external {
        emit Lost(lender, amount);
    }

    function owed(address borrower) external view returns (uint256) {
        return _owed[borrower];
    }
}
