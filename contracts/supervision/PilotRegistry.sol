// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/**
 * @title PilotRegistry
 * @notice What the supervisor of a sandbox vouches for on its chain: which pilots there are, whose they are, what code, papers
 * and limits they have, where they stand; and how its logs read at certain moments.
 *
 * Hashes are SHA-256 over what the sandbox keeps off the chain. Whoever is handed a manifest, the limits or an exported log
 * can hold it against what stands here.
 *
 * Invariants: nobody but the supervisor changes anything; a pilot that was recorded once is never removed; the anchors of a log
 * grow in size, and one that stands there is never changed or removed.
 */
contract PilotRegistry {
    /// @dev Only the supervisor writes; `caller` is somebody else.
    error NotSupervisor(address caller, address supervisor);

    /// @dev A registry without a supervisor could never be written.
    error SupervisorMissing();

    /// @dev A pilot, a firm or a log needs a name.
    error NameMissing();

    /// @dev The code, the manifest and the limits of a pilot each have a hash.
    error HashMissing(string pilot);

    /// @dev The pilot stands in the registry exactly like this already.
    error NothingChanged(string pilot);

    /// @dev No pilot of that name was ever recorded.
    error UnknownPilot(string pilot);

    /// @dev An anchor covers more entries than the one before it, which covers `last`.
    error LogNotGrown(string log, uint64 last, uint64 size);

    /// @dev A log with entries has a root.
    error RootMissing(string log);

    /// @dev The log has `count` anchors, numbered from 0.
    error UnknownAnchor(string log, uint256 index, uint256 count);

    event SupervisorAppointed(address indexed supervisor);
    event PilotRecorded(bytes32 indexed id, string pilot, Entry entry);
    event LogAnchored(bytes32 indexed id, string log, uint64 size, bytes32 root);

    /// @notice Where a pilot stands, in the order of the sandbox's own life cycle.
    enum Status {
        Draft,
        Submitted,
        UnderReview,
        PublicNotice,
        Registered,
        Active,
        Rectifying,
        Suspended,
        Evaluating,
        WindDown,
        Graduated,
        Rejected,
        Withdrawn,
        Exited
    }

    /// @notice What is recorded of a pilot. `limitsHash` is that of the limits in force; `paused`: an order stops everybody.
    struct Entry {
        string firm;
        bytes32 codeHash;
        bytes32 manifestHash;
        bytes32 limitsHash;
        Status status;
        bool paused;
    }

    /// @notice Size and root of a log, and the block they were written in.
    struct Anchor {
        bytes32 root;
        uint64 size;
        uint64 writtenIn;
    }

    address private immutable _supervisor;
    string[] private _names;
    mapping(string pilot => Entry) private _entries;
    mapping(string pilot => uint256 blockNumber) private _writtenIn;
    mapping(string log => Anchor[]) private _anchors;

    modifier onlySupervisor() {
        if (msg.sender != _supervisor) {
            revert NotSupervisor(msg.sender, _supervisor);
        }
        _;
    }

    /**
     * @param supervisor_ The only account that may write here, for good.
     *
     * Requirements:
     *
     * - `supervisor_` must not be the zero address.
     */
    constructor(address supervisor_) {
        if (supervisor_ == address(0)) {
            revert SupervisorMissing();
        }
        _supervisor = supervisor_;
        emit SupervisorAppointed(supervisor_);
    }

    /**
     * @notice Records how a pilot stands from now on.
     *
     * Requirements:
     *
     * - the caller must be the supervisor.
     * - `pilot` and the firm must have names, and none of the hashes may be zero.
     * - something must differ from what is recorded.
     */
    function record(string calldata pilot, Entry calldata entry) external onlySupervisor {
        if (bytes(pilot).length == 0 || bytes(entry.firm).length == 0) {
            revert NameMissing();
        }
        if (entry.codeHash == 0 || entry.manifestHash == 0 || entry.limitsHash == 0) {
            revert HashMissing(pilot);
        }
        if (_writtenIn[pilot] == 0) {
            _names.push(pilot);
        } else if (keccak256(abi.encode(_entries[pilot])) == keccak256(abi.encode(entry))) {
            revert NothingChanged(pilot);
        }
        _entries[pilot] = entry;
        _writtenIn[pilot] = block.number;
        emit PilotRecorded(keccak256(bytes(pilot)), pilot, entry);
    }

    /**
     * @notice Writes down size and root of a log.
     *
     * Requirements:
     *
     * - the caller must be the supervisor.
     * - `log` must have a name, and `root` must not be zero.
     * - `size` must be larger than that of the log's last anchor.
     */
    function anchor(string calldata log, uint64 size, bytes32 root) external onlySupervisor {
        if (bytes(log).length == 0) {
            revert NameMissing();
        }
        if (root == 0) {
            revert RootMissing(log);
        }
        Anchor[] storage known = _anchors[log];
        uint64 last = known.length == 0 ? 0 : known[known.length - 1].size;
        if (size <= last) {
            revert LogNotGrown(log, last, size);
        }
        known.push(Anchor(root, size, uint64(block.number)));
        emit LogAnchored(keccak256(bytes(log)), log, size, root);
    }

    /// @notice The only account that may write here.
    function supervisor() external view returns (address) {
        return _supervisor;
    }

    /// @notice How many pilots were ever recorded.
    function pilotCount() external view returns (uint256) {
        return _names.length;
    }

    /// @notice Name of a pilot by its place in the order of first recording, from 0.
    function pilotAt(uint256 index) external view returns (string memory) {
        return _names[index];
    }

    /**
     * @notice What is recorded of a pilot, and the block it was written in.
     *
     * Requirements:
     *
     * - `pilot` must have been recorded.
     */
    function entryOf(string calldata pilot) external view returns (Entry memory entry, uint256 writtenIn) {
        writtenIn = _writtenIn[pilot];
        if (writtenIn == 0) {
            revert UnknownPilot(pilot);
        }
        entry = _entries[pilot];
    }

    /// @notice How many anchors a log has.
    function anchorCount(string calldata log) external view returns (uint256) {
        return _anchors[log].length;
    }

    /**
     * @notice An anchor of a log, in the order they were written, from 0.
     *
     * Requirements:
     *
     * - `index` must be less than the number of anchors.
     */
    function anchorAt(string calldata log, uint256 index) external view returns (Anchor memory) {
        Anchor[] storage known = _anchors[log];
        if (index >= known.length) {
            revert UnknownAnchor(log, index, known.length);
        }
        return known[index];
    }
}
