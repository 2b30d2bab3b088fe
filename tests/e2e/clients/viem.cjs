// What a firm's viem 2 script does. argv[2]: the endpoint as JSON (see README.md here). Prints what it saw as JSON.
const { readFileSync } = require("node:fs");
const viem = require("viem");
const { privateKeyToAccount } = require("viem/accounts");
const { version } = require("viem/package.json");

const plain = ({ owner, spender, value }) => ({ owner, spender, value: String(value) });

// Two subscriptions of one socket; each settles with what comes first.
function listen(chain, url, { address, abi }) {
  const socket = viem.createPublicClient({ chain, transport: viem.webSocket(url) });
  const head = new Promise((resolve, reject) => {
    const stop = socket.watchBlocks({ onBlock: (block) => (stop(), resolve(block.number)), onError: reject });
  });
  const heard = new Promise((resolve, reject) => {
    const wanted = { address, abi, eventName: "Approval" };
    const stop = socket.watchContractEvent({ ...wanted, onLogs: ([log]) => (stop(), resolve(plain(log.args))), onError: reject });
  });
  return { socket, head, heard };
}

async function main(endpoint) {
  const { abi, bytecode } = JSON.parse(readFileSync(endpoint.artifact, "utf8"));
  const nativeCurrency = { name: "Ether", symbol: "ETH", decimals: 18 };
  const rpcUrls = { default: { http: [endpoint.http] } };
  const chain = viem.defineChain({ id: endpoint.chainId, name: "taishan", nativeCurrency, rpcUrls });
  const shared = { chain, transport: viem.http(), pollingInterval: 50 };
  const [issuer, agent, alice, bob] = ["issuer", "agent", "alice", "bob"].map((one) => privateKeyToAccount(endpoint.keys[one]));
  const reader = viem.createPublicClient(shared);
  const firm = viem.createWalletClient({ ...shared, account: issuer });
  const wait = (hash) => reader.waitForTransactionReceipt({ hash });
  const args = ["示例股份", "SL", 200n, issuer.address, agent.address];
  const { contractAddress: address } = await wait(await firm.deployContract({ abi, bytecode, args }));
  const register = { address, abi };
  const { socket, head, heard } = listen(chain, endpoint.ws, register);
  await socket.getChainId();

  const own = { ...register, account: alice };
  const receipt = await wait(await firm.writeContract({ ...own, functionName: "approve", args: [bob.address, 5n] }));
  const [event] = viem.parseEventLogs({ abi, logs: receipt.logs, eventName: "Approval" });
  const found = { ...register, eventName: "Approval", args: { owner: alice.address }, fromBlock: receipt.blockNumber };
  const past = await reader.getContractEvents(found);
  const pair = [alice.address, bob.address];
  const seen = {
    client: `viem ${version}`,
    chainId: await reader.getChainId(),
    name: await reader.readContract({ ...register, functionName: "name" }),
    allowance: String(await reader.readContract({ ...register, functionName: "allowance", args: pair })),
    receipt: {
      status: Number(receipt.status === "success"),
      type: { eip1559: 2 }[receipt.type],
      gas: Number(receipt.gasUsed),
    },
    event: plain(event.args),
    past: past.map((log) => plain(log.args)),
    heard: { head: (await head) >= receipt.blockNumber, event: await heard },
    estimate: Number(await reader.estimateContractGas({ ...own, functionName: "approve", args: [bob.address, 6n] })),
  };
  (await socket.transport.getRpcClient()).close();

  await reader.simulateContract({ ...own, functionName: "transfer", args: [bob.address, 6n] }).catch((error) => {
    const { errorName, args: values } = error.walk((one) => one instanceof viem.ContractFunctionRevertedError).data;
    seen.customError = { name: errorName, args: values.map(String) };
  });
  await firm.writeContract({ ...register, functionName: "issue", args: [alice.address, 1201n] }).catch((error) => {
    const { code, details, data } = error.walk((one) => one.code === -32003 && one.data);
    seen.refusal = { code, message: details, findings: data.findings };
  });
  console.log(JSON.stringify(seen));
}

main(JSON.parse(process.argv[2])).catch((error) => {
  console.error(error);
  process.exit(1);
});
