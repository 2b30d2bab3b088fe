"""What a firm's shell script with Foundry's `cast` does. argv[1]: the endpoint as JSON (see README.md here); `cast` is found on
the PATH. Prints what it saw as JSON."""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import Any

SECONDS = 20
APPROVAL = "Approval(address indexed owner, address indexed spender, uint256 value)"


class CastError(Exception):
    """`cast` ended with another code than 0."""


def cast(*arguments: str) -> str:
    done = subprocess.run(["cast", *arguments], capture_output=True, text=True, timeout=SECONDS)
    if done.returncode:
        raise CastError(done.stderr)
    return done.stdout.strip()


class Firm:
    """The accounts of an endpoint, used by their keys."""

    def __init__(self, endpoint: dict[str, Any]) -> None:
        self.keys: dict[str, str] = endpoint["keys"]
        self.url = ["--rpc-url", endpoint["http"]]
        self.address = {name: cast("wallet", "address", key) for name, key in self.keys.items()}

    def send(self, who: str, *arguments: str) -> dict[str, Any]:
        return dict(json.loads(cast("send", "--json", "--private-key", self.keys[who], *self.url, *arguments)))

    def call(self, to: str, *arguments: str) -> str:
        return cast("call", *self.url, to, *arguments)


def plain(log: dict[str, Any]) -> dict[str, Any]:
    owner, spender = ("0x" + topic[-40:] for topic in log["topics"][1:])
    shown = [cast("to-check-sum-address", one) for one in (owner, spender)]
    return {"owner": shown[0], "spender": shown[1], "value": str(int(log["data"], 16))}


@contextmanager
def listening(url: str, register: str) -> Iterator[Queue[str]]:
    """Lines of `cast logs --subscribe` over a WebSocket."""
    command = ["cast", "logs", "--subscribe", "--rpc-url", url, "--address", register, APPROVAL]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    lines: Queue[str] = Queue()
    assert process.stdout is not None
    reader = Thread(target=lambda: [lines.put(line.strip()) for line in process.stdout or ()])
    reader.start()
    try:
        yield lines
    finally:
        process.send_signal(signal.SIGINT)  # what `cast` ends on
        process.wait(SECONDS)
        reader.join(SECONDS)


def told(firm: Firm, register: str, lines: Queue[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The receipt of an approval, and its log as the subscription tells it. `cast` does not say when it listens: until it is
    heard, the approval is sent again."""
    for _ in range(SECONDS):
        receipt = firm.send("alice", register, "approve(address,uint256)", firm.address["bob"], "5")
        with suppress(Empty):
            text = [lines.get(timeout=1)]
            while not text[-1].startswith("transactionIndex"):
                text.append(lines.get(timeout=SECONDS))
            data = next(line.split()[1] for line in text if line.startswith("data:"))
            return receipt, plain({"topics": [line for line in text if line.startswith("0x")], "data": data})
    raise CastError("the subscription tells nothing")


def refusal_in(text: str) -> dict[str, Any]:
    """The error of the node in what `cast` prints: `error code -32003: words, data: {...}`."""
    found = re.search(r"error code (-?\d+): (.*?), data: (\{.*\})", text)
    assert found, text
    return {"code": int(found[1]), "message": found[2], "findings": json.loads(found[3])["findings"]}


def main(endpoint: dict[str, Any]) -> dict[str, Any]:
    artifact = json.loads(Path(endpoint["artifact"]).read_text(encoding="utf-8"))
    firm = Firm(endpoint)
    alice, bob = firm.address["alice"], firm.address["bob"]
    constructor = "constructor(string,string,uint256,address,address)"
    values = ["示例股份", "SL", "200", firm.address["issuer"], firm.address["agent"]]
    register = firm.send("issuer", "--create", artifact["bytecode"], constructor, *values)["contractAddress"]
    with listening(endpoint["ws"], register) as lines:
        receipt, heard = told(firm, register, lines)
    past = cast("logs", "--json", *firm.url, "--from-block", receipt["blockNumber"], "--address", register, APPROVAL, alice)
    read = json.loads(cast("receipt", "--json", *firm.url, receipt["transactionHash"]))
    seen: dict[str, Any] = {
        "client": "cast " + cast("--version").split()[2],
        "chainId": int(cast("chain-id", *firm.url)),
        "name": json.loads(firm.call(register, "name()(string)")),
        "allowance": firm.call(register, "allowance(address,address)(uint256)", alice, bob),
        "receipt": {"status": int(read["status"], 16), "type": int(read["type"], 16), "gas": int(read["gasUsed"], 16)},
        "event": plain(receipt["logs"][0]),
        "past": [plain(log) for log in json.loads(past)],
        "heard": {"event": heard},
        "estimate": int(cast("estimate", *firm.url, "--from", alice, register, "approve(address,uint256)", bob, "6")),
    }
    try:
        firm.call(register, "--from", alice, "transfer(address,uint256)", bob, "6")
    except CastError as error:
        data = re.search(r"0x[0-9a-f]{8,}", str(error))
        assert data, error
        signature = "ERC20InsufficientBalance(address,uint256,uint256)"
        decoded = json.loads(cast("decode-error", "--json", data[0], "--sig", signature))
        seen["customError"] = {"name": signature.split("(")[0], "args": [str(one) for one in decoded]}
    try:
        firm.send("issuer", register, "issue(address,uint256)", alice, "1201")
    except CastError as error:
        seen["refusal"] = refusal_in(str(error))
    return seen


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(json.loads(sys.argv[1]))))
