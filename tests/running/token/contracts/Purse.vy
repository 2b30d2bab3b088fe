# pragma version 0.4.3
# Acts for others: splits wei, operates on tokens it was approved for, and goes on where an inner call fails.

interface Coin:
    def transferFrom(owner: address, receiver: address, amount: uint256) -> bool: nonpayable


@external
@payable
def split(receivers: DynArray[address, 4], amount: uint256):
    for receiver: address in receivers:
        raw_call(receiver, b"", value=amount)


@external
def both(coin: address, owner: address, receiver: address, amount: uint256, again: uint256) -> bool:
    """The first movement must succeed, the second may fail and leave no trace."""
    extcall Coin(coin).transferFrom(owner, receiver, amount)
    data: Bytes[100] = concat(
        method_id("transferFrom(address,address,uint256)"),
        convert(owner, bytes32), convert(receiver, bytes32), convert(again, bytes32),
    )
    return raw_call(coin, data, revert_on_failure=False)


@external
@payable
def __default__():
    pass
