# pragma version 0.4.3
# @license Apache-2.0
"""
@title QuickLoan
@notice Ledger of an inclusive small loan (小微快贷). Money moves outside the chain; who owes what is decided here.
        All sums are in fen (0.01 CNY), rates in basis points a year, times in unix seconds.
@dev Invariants: total_outstanding() is the sum of all outstanding principal; nobody's principal exceeds the credit line;
     no line carries a rate above rate_cap_bps().
"""

event LineApproved:
    borrower: indexed(address)
    credit: uint256
    rate_bps: uint256
    maturity: uint256

event LoanDrawn:
    borrower: indexed(address)
    principal: uint256

event LoanRepaid:
    borrower: indexed(address)
    principal: uint256
    interest: uint256

event LoanOverdue:
    borrower: indexed(address)
    principal: uint256

struct Line:
    credit: uint256
    rate_bps: uint256
    maturity: uint256
    principal: uint256
    accrued: uint256  # interest owed, in fen * SCALE, so that accruing often loses no fraction
    accrued_at: uint256
    overdue: bool

SCALE: constant(uint256) = 10_000 * 365 * 86_400  # basis points of a year of seconds

_servicer: immutable(address)
_rate_cap_bps: immutable(uint256)
_lines: HashMap[address, Line]
_total_outstanding: uint256


@deploy
def __init__(servicer: address, rate_cap_bps: uint256):
    """
    @param servicer Account of the bank's loan servicing; approves lines and books repayments.
    @param rate_cap_bps Highest yearly rate any line may carry.
    """
    assert servicer != empty(address), "servicer missing"
    _servicer = servicer
    _rate_cap_bps = rate_cap_bps


@external
def approve_line(borrower: address, credit: uint256, rate_bps: uint256, maturity: uint256):
    """
    @notice Opens a credit line, or replaces one that is fully repaid.
    @dev Requirements: the caller is the servicer; the rate is within the cap; the maturity lies ahead; nothing is owed.
    """
    self._only_servicer()
    assert rate_bps <= _rate_cap_bps, "rate above cap"
    assert maturity > block.timestamp, "maturity has passed"
    assert self._due(borrower) == 0, "line in use"
    self._lines[borrower] = Line(
        credit=credit,
        rate_bps=rate_bps,
        maturity=maturity,
        principal=0,
        accrued=0,
        accrued_at=block.timestamp,
        overdue=False,
    )
    log LineApproved(borrower=borrower, credit=credit, rate_bps=rate_bps, maturity=maturity)


@external
def draw(principal: uint256):
    """
    @notice Draws on the caller's own line.
    @dev Requirements: the sum is positive and within what the line leaves; the line is neither matured nor overdue.
    """
    line: Line = self._lines[msg.sender]
    assert principal > 0, "nothing to draw"
    assert not line.overdue, "line overdue"
    assert block.timestamp < line.maturity, "line matured"
    assert principal <= line.credit - line.principal, "above credit line"
    self._accrue(msg.sender)
    self._lines[msg.sender].principal += principal
    self._total_outstanding += principal
    log LoanDrawn(borrower=msg.sender, principal=principal)


@external
def repay(borrower: address, amount: uint256):
    """
    @notice Books a repayment the bank has received: interest first, then principal.
    @dev Requirements: the caller is the servicer; the amount is positive and no more than what is due.
    """
    self._only_servicer()
    assert amount > 0, "nothing to repay"
    assert amount <= self._due(borrower), "more than due"
    self._accrue(borrower)
    interest: uint256 = min(amount, self._lines[borrower].accrued // SCALE)
    principal: uint256 = amount - interest
    self._lines[borrower].accrued -= interest * SCALE
    self._lines[borrower].principal -= principal
    self._total_outstanding -= principal
    if self._lines[borrower].principal == 0:
        self._lines[borrower].overdue = False
    log LoanRepaid(borrower=borrower, principal=principal, interest=interest)


@external
def mark_overdue(borrower: address):
    """
    @notice Records that principal is still owed after maturity; the line is closed for drawing until all is repaid.
    @dev Requirements: the caller is the servicer; the maturity has passed; principal is owed; not recorded before.
    """
    self._only_servicer()
    line: Line = self._lines[borrower]
    assert line.principal > 0, "nothing owed"
    assert block.timestamp >= line.maturity, "not yet due"
    assert not line.overdue, "already overdue"
    self._lines[borrower].overdue = True
    log LoanOverdue(borrower=borrower, principal=line.principal)


@view
@external
def servicer() -> address:
    """
    @notice Account of the bank's loan servicing.
    """
    return _servicer


@view
@external
def rate_cap_bps() -> uint256:
    """
    @notice Highest yearly rate any line may carry, in basis points.
    """
    return _rate_cap_bps


@view
@external
def line_of(borrower: address) -> Line:
    """
    @notice The borrower's line as last written; interest (`accrued`, in fen * SCALE) as of `accrued_at`.
    """
    return self._lines[borrower]


@view
@external
def outstanding(borrower: address) -> uint256:
    """
    @notice Principal the borrower owes, in fen.
    """
    return self._lines[borrower].principal


@view
@external
def due(borrower: address) -> uint256:
    """
    @notice Principal and interest to the second the borrower owes now, in fen; fractions of a fen are waived.
    """
    return self._due(borrower)


@view
@external
def total_outstanding() -> uint256:
    """
    @notice Principal all borrowers owe, in fen.
    """
    return self._total_outstanding


@view
@internal
def _only_servicer():
    assert msg.sender == _servicer, "servicer only"


@view
@internal
def _accrued(borrower: address) -> uint256:
    line: Line = self._lines[borrower]
    return line.accrued + line.principal * line.rate_bps * (block.timestamp - line.accrued_at)


@view
@internal
def _due(borrower: address) -> uint256:
    return self._lines[borrower].principal + self._accrued(borrower) // SCALE


@internal
def _accrue(borrower: address):
    self._lines[borrower].accrued = self._accrued(borrower)
    self._lines[borrower].accrued_at = block.timestamp
