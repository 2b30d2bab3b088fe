"""What a firm's web3.py script does. argv[1]: the endpoint as JSON (see README.md here). Prints what it saw as JSON."""

import asyncio
import json
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from eth_account import Account
from eth_utils.abi import abi_to_signature
from web3 import AsyncWeb3, HTTPProvider, Web3, WebSocketProvider
from web3.exceptions import ContractCustomError, Web3RPCError

SECONDS = 20


def plain(event: Any) -> dict[str, Any]:
    values = event["args"]
    return {"owner": values["owner"], "spender": values["spender"], "value": str(values["value"])}


class Firm:
    """Signs here, sends raw."""

    def __init__(self, web3: Web3, keys: dict[str, str]) -> None:
        self.web3 = web3
        self.keys = {name: Account.from_key(key) for name, key in keys.items()}

    def send(self, who: str, call: Any) -> Any:
        account = self.keys[who]
        fields = {"from": account.address, "nonce": self.web3.eth.get_transaction_count(account.address)}
        signed = account.sign_transaction(call.build_transaction(fields))
        return self.web3.eth.wait_for_transaction_receipt(self.web3.eth.send_raw_transaction(signed.raw_transaction), 20, 0.05)


def decoded(web3: Web3, abi: list[Any], data: bytes) -> dict[str, Any]:
    """A custom error by its ABI; web3.py hands out its bytes."""
    errors = {bytes(web3.keccak(text=abi_to_signature(one))[:4]): one for one in abi if one["type"] == "error"}
    error = errors[data[:4]]
    values = web3.codec.decode([one["type"] for one in error["inputs"]], data[4:])
    return {"name": error["name"], "args": [web3.to_checksum_address(values[0]), *map(str, values[1:])]}


async def listening(url: str, register: Any, act: Any) -> tuple[int, dict[str, Any], Any]:
    """Number of the first block and the first event two subscriptions of one socket tell of while `act` runs."""
    async with AsyncWeb3(WebSocketProvider(url)) as socket:
        heads = await socket.eth.subscribe("newHeads")
        await socket.eth.subscribe("logs", {"address": register.address})
        done, told = await asyncio.to_thread(act), {}
        async with asyncio.timeout(SECONDS):
            async for message in socket.socket.process_subscriptions():
                told.setdefault("head" if message["subscription"] == heads else "log", message["result"])
                if len(told) == 2:
                    break
    return told["head"]["number"], plain(register.events.Approval().process_log(told["log"])), done


def main(endpoint: dict[str, Any]) -> dict[str, Any]:
    artifact = json.loads(Path(endpoint["artifact"]).read_text(encoding="utf-8"))
    web3 = Web3(HTTPProvider(endpoint["http"]))
    firm = Firm(web3, endpoint["keys"])
    issuer, agent, alice, bob = (firm.keys[name].address for name in ("issuer", "agent", "alice", "bob"))
    factory = web3.eth.contract(abi=artifact["abi"], bytecode=artifact["bytecode"])
    created = firm.send("issuer", factory.constructor("示例股份", "SL", 200, issuer, agent))["contractAddress"]
    register = web3.eth.contract(created, abi=artifact["abi"])
    approve = register.functions.approve(bob, 5)
    head, heard, receipt = asyncio.run(listening(endpoint["ws"], register, lambda: firm.send("alice", approve)))
    (event,) = register.events.Approval().process_receipt(receipt)
    past = register.events.Approval().get_logs(from_block=receipt["blockNumber"], argument_filters={"owner": alice})
    seen: dict[str, Any] = {
        "client": f"web3.py {version('web3')}",
        "chainId": web3.eth.chain_id,
        "name": register.functions.name().call(),
        "allowance": str(register.functions.allowance(alice, bob).call()),
        "receipt": {"status": receipt["status"], "type": receipt["type"], "gas": receipt["gasUsed"]},
        "event": plain(event),
        "past": [plain(one) for one in past],
        "heard": {"head": head >= receipt["blockNumber"], "event": heard},
        "estimate": register.functions.approve(bob, 6).estimate_gas({"from": alice}),
    }
    try:
        register.functions.transfer(bob, 6).call({"from": alice})
    except ContractCustomError as error:
        seen["customError"] = decoded(web3, artifact["abi"], bytes.fromhex(str(error.data)[2:]))
    try:
        firm.send("issuer", register.functions.issue(alice, 1_201))
    except Web3RPCError as error:
        body: Any = error.rpc_response["error"] if error.rpc_response else {}
        seen["refusal"] = {"code": body["code"], "message": body["message"], "findings": body["data"]["findings"]}
    return seen


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(json.loads(sys.argv[1]))))
