// What a firm's ethers 6 script does. argv[2]: the endpoint as JSON (see README.md here). Prints what it saw as JSON.
const { readFileSync } = require("node:fs");
const { Contract, ContractFactory, JsonRpcProvider, Wallet, WebSocketProvider, version } = require("ethers");

const plain = ({ owner, spender, value }) => ({ owner, spender, value: String(value) });

// Two subscriptions of one socket; resolves with what came first on each.
async function listen(url, register) {
  const socket = new WebSocketProvider(url);
  await socket.getNetwork();
  const head = new Promise((resolve) => socket.once("block", resolve));
  const heard = new Promise((resolve) =>
    register.connect(socket).once("Approval", (owner, spender, value) => resolve({ owner, spender, value: String(value) })),
  );
  await socket.send("eth_chainId", []); // requests of a socket are answered in order: both subscriptions stand
  return { socket, head, heard };
}

async function main(endpoint) {
  const { abi, bytecode } = JSON.parse(readFileSync(endpoint.artifact, "utf8"));
  const provider = new JsonRpcProvider(endpoint.http, endpoint.chainId, { cacheTimeout: -1, pollingInterval: 50 });
  const [issuer, agent, alice, bob] = ["issuer", "agent", "alice", "bob"].map((one) => new Wallet(endpoint.keys[one], provider));
  const factory = new ContractFactory(abi, bytecode, issuer);
  const deployed = await factory.deploy("示例股份", "SL", 200, issuer.address, agent.address);
  await deployed.waitForDeployment();
  const register = new Contract(await deployed.getAddress(), abi, issuer);
  const { socket, head, heard } = await listen(endpoint.ws, register);

  const { baseFeePerGas } = await provider.getBlock("latest"); // where it is 0, ethers leaves EIP-1559 alone unless told
  const fees = { maxFeePerGas: 2n * baseFeePerGas, maxPriorityFeePerGas: 0n };
  const receipt = await (await register.connect(alice).approve(bob.address, 5n, fees)).wait();
  const [{ args }] = receipt.logs.map((log) => register.interface.parseLog(log));
  const past = await register.queryFilter(register.filters.Approval(alice.address), receipt.blockNumber);
  const seen = {
    client: `ethers ${version}`,
    chainId: Number((await provider.getNetwork()).chainId),
    name: await register.name(),
    allowance: String(await register.allowance(alice.address, bob.address)),
    receipt: { status: receipt.status, type: receipt.type, gas: Number(receipt.gasUsed) },
    event: plain(args),
    past: past.map((log) => plain(log.args)),
    heard: { head: (await head) >= receipt.blockNumber, event: await heard },
    estimate: Number(await register.connect(alice).approve.estimateGas(bob.address, 6n)),
  };
  await socket.destroy();

  await register.connect(alice).transfer(bob.address, 6n).catch((error) => {
    const { name, args: values } = register.interface.parseError(error.data);
    seen.customError = { name, args: values.map(String) };
  });
  await register.issue(alice.address, 1201n).catch((error) => {
    const { code, message, data } = error.error ?? error.info.error;
    seen.refusal = { code, message, findings: data.findings };
  });
  provider.destroy();
  console.log(JSON.stringify(seen));
}

main(JSON.parse(process.argv[2])).catch((error) => {
  console.error(error);
  process.exit(1);
});
