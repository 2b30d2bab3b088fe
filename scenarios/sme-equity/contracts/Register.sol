// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";

/**
 * @title Register
 * @notice Share register of one small or medium-sized enterprise on a regional equity board. One token is one share.
 *
 * Shares come into being by {issue} only, change hands by ordinary ERC-20 transfers, and are moved against the holder's
 * will by {forcedTransfer} only, which names the request it answers to.
 *
 * Invariants an override may not break: the balances add up to `totalSupply()`; `holders()` is the number of accounts
 * with shares; `holders() <= holderCap()`.
 */
contract Register is ERC20, AccessControl, Pausable {
    /// @dev The shares would come to more holders than a non-public issue may have.
    error HolderCapReached(uint256 cap);

    /// @dev The holder's shares are locked up until `releaseTime` (unix seconds).
    error SharesLocked(address holder, uint256 releaseTime);

    /// @dev A lock-up may be extended, never shortened.
    error LockUpShortened(address holder, uint256 releaseTime, uint256 asked);

    /// @dev The holder is frozen by the transfer agent.
    error HolderFrozen(address holder);

    /// @dev A forced transfer has to name the approved request it answers to.
    error RequestMissing();

    event SharesIssued(address indexed holder, uint256 shares);
    event LockedUp(address indexed holder, uint256 releaseTime);
    event Frozen(address indexed holder);
    event Unfrozen(address indexed holder);
    event ForcedTransfer(
        address indexed from, address indexed to, uint256 shares, string requestId, string reason, address operator
    );

    bytes32 public constant ISSUER_ROLE = keccak256("ISSUER_ROLE");
    bytes32 public constant TRANSFER_AGENT_ROLE = keccak256("TRANSFER_AGENT_ROLE");

    uint256 private immutable _holderCap;
    uint256 private _holders;
    mapping(address holder => uint256 releaseTime) private _releaseTimes;
    mapping(address holder => bool) private _frozen;

    /**
     * @param name_ Name of the enterprise's share class.
     * @param symbol_ Its code on the board.
     * @param holderCap_ Most holders the register may have.
     * @param issuer Account that may issue and lock up shares.
     * @param transferAgent Account that may freeze, force transfers and pause.
     */
    constructor(string memory name_, string memory symbol_, uint256 holderCap_, address issuer, address transferAgent)
        ERC20(name_, symbol_)
    {
        _holderCap = holderCap_;
        _grantRole(DEFAULT_ADMIN_ROLE, _msgSender());
        _grantRole(ISSUER_ROLE, issuer);
        _grantRole(TRANSFER_AGENT_ROLE, transferAgent);
    }

    /**
     * @notice Enters new shares in the name of `holder`.
     *
     * Requirements:
     *
     * - the caller must have `ISSUER_ROLE`, and the register must not be paused.
     * - `holder` must not be frozen.
     * - the number of holders must stay within the cap.
     */
    function issue(address holder, uint256 shares) external onlyRole(ISSUER_ROLE) whenNotPaused {
        _requireNotFrozen(holder);
        _mint(holder, shares);
        emit SharesIssued(holder, shares);
    }

    /**
     * @notice Locks all shares of `holder` up until `releaseTime` (unix seconds); at that second they are free.
     *
     * Requirements:
     *
     * - the caller must have `ISSUER_ROLE`.
     * - `releaseTime` must not be earlier than the present one.
     */
    function lockUp(address holder, uint256 releaseTime) external onlyRole(ISSUER_ROLE) {
        if (releaseTime < _releaseTimes[holder]) {
            revert LockUpShortened(holder, _releaseTimes[holder], releaseTime);
        }
        _releaseTimes[holder] = releaseTime;
        emit LockedUp(holder, releaseTime);
    }

    /**
     * @notice Stops `holder` from sending and receiving shares.
     *
     * Requirements:
     *
     * - the caller must have `TRANSFER_AGENT_ROLE`.
     */
    function freeze(address holder) external onlyRole(TRANSFER_AGENT_ROLE) {
        _frozen[holder] = true;
        emit Frozen(holder);
    }

    /**
     * @notice Takes a freeze back.
     *
     * Requirements:
     *
     * - the caller must have `TRANSFER_AGENT_ROLE`.
     */
    function unfreeze(address holder) external onlyRole(TRANSFER_AGENT_ROLE) {
        _frozen[holder] = false;
        emit Unfrozen(holder);
    }

    /**
     * @notice Moves shares against the holder's will (court order, inheritance, lost key). Lock-up, freeze and pause do
     * not hinder it; the holder cap does.
     *
     * Requirements:
     *
     * - the caller must have `TRANSFER_AGENT_ROLE`.
     * - `requestId` must not be empty.
     */
    function forcedTransfer(
        address from,
        address to,
        uint256 shares,
        string calldata requestId,
        string calldata reason
    ) external onlyRole(TRANSFER_AGENT_ROLE) {
        if (bytes(requestId).length == 0) {
            revert RequestMissing();
        }
        _transfer(from, to, shares);
        emit ForcedTransfer(from, to, shares, requestId, reason, _msgSender());
    }

    /**
     * @notice Halts issuing and trading.
     *
     * Requirements:
     *
     * - the caller must have `TRANSFER_AGENT_ROLE`.
     */
    function pause() external onlyRole(TRANSFER_AGENT_ROLE) {
        _pause();
    }

    /**
     * @notice Resumes issuing and trading.
     *
     * Requirements:
     *
     * - the caller must have `TRANSFER_AGENT_ROLE`.
     */
    function unpause() external onlyRole(TRANSFER_AGENT_ROLE) {
        _unpause();
    }

    /// @notice Most holders the register may have.
    function holderCap() external view returns (uint256) {
        return _holderCap;
    }

    /// @notice Number of accounts that hold shares.
    function holders() external view returns (uint256) {
        return _holders;
    }

    /// @notice Second from which the holder's shares are free; 0 if they never were locked up.
    function releaseTimeOf(address holder) external view returns (uint256) {
        return _releaseTimes[holder];
    }

    /// @notice True while the transfer agent keeps the holder frozen.
    function isFrozen(address holder) external view returns (bool) {
        return _frozen[holder];
    }

    /// @dev A share cannot be divided.
    function decimals() public pure override returns (uint8) {
        return 0;
    }

    /**
     * @inheritdoc ERC20
     *
     * @dev Requirements, besides those of ERC-20:
     *
     * - the register must not be paused; neither side may be frozen; the sender's lock-up must be over.
     */
    function transfer(address to, uint256 shares) public override whenNotPaused returns (bool) {
        _requireTransferable(_msgSender(), to);
        return super.transfer(to, shares);
    }

    /**
     * @inheritdoc ERC20
     *
     * @dev Requirements, besides those of ERC-20: the same as for {transfer}.
     */
    function transferFrom(address from, address to, uint256 shares) public override whenNotPaused returns (bool) {
        _requireTransferable(from, to);
        return super.transferFrom(from, to, shares);
    }

    /// @dev Keeps the count of holders with every issue and transfer, forced ones included.
    function _update(address from, address to, uint256 shares) internal override {
        bool joins = shares > 0 && balanceOf(to) == 0;
        super._update(from, to, shares);
        if (joins) {
            _holders += 1;
        }
        if (shares > 0 && from != address(0) && balanceOf(from) == 0) {
            _holders -= 1;
        }
        if (_holders > _holderCap) {
            revert HolderCapReached(_holderCap);
        }
    }

    function _requireTransferable(address from, address to) private view {
        _requireNotFrozen(from);
        _requireNotFrozen(to);
        if (block.timestamp < _releaseTimes[from]) {
            revert SharesLocked(from, _releaseTimes[from]);
        }
    }

    function _requireNotFrozen(address holder) private view {
        if (_frozen[holder]) {
            revert HolderFrozen(holder);
        }
    }
}
