// What a firm's viem 2 script does, against the node at argv[2] with the artifact at argv[3]; prints what it saw as JSON.
const { readFileSync } = require("node:fs");
const viem = require("viem");
const { mnemonicToAccount } = require("viem/accounts");
const { hardhat } = require("viem/chains");

const WORDS = "test test test test test test test test test test test junk";

async function main(url, file) {
  const { abi, bytecode } = JSON.parse(readFileSync(file, "utf8"));
  const shared = { chain: hardhat, transport: viem.http(url), pollingInterval: 50 };
  const [issuer, agent, alice, bob] = [0, 1, 7, 9].map((at) => mnemonicToAccount(WORDS, { addressIndex: at }));
  const reader = viem.createPublicClient(shared);
  const firm = viem.createWalletClient({ ...shared, account: issuer });
  const wait = async (hash) => reader.waitForTransactionReceipt({ hash });
  const args = ["示例股份", "SL", 200n, issuer.address, agent.address];
  const { contractAddress: address } = await wait(await firm.deployContract({ abi, bytecode, args }));
  const register = { address, abi };
  const receipt = await wait(await firm.writeContract({ ...register, functionName: "issue", args: [alice.address, 5n] }));
  const [event] = viem.parseEventLogs({ abi, logs: receipt.logs, eventName: "SharesIssued" });
  const seen = { event: event.eventName, shares: String(event.args.shares) };
  const tooMuch = { ...register, functionName: "transfer", args: [bob.address, 6n], account: alice };
  await reader.simulateContract(tooMuch).catch((error) => {
    seen.customError = error.walk((one) => one instanceof viem.ContractFunctionRevertedError).data.errorName;
  });
  await firm.writeContract({ ...register, functionName: "issue", args: [alice.address, 1201n] }).catch((error) => {
    const body = error.walk((one) => one.code === -32003);
    Object.assign(seen, { code: body.code, finding: (body.data ?? body.cause?.data).findings[0].code });
  });
  console.log(JSON.stringify(seen));
}

main(process.argv[2], process.argv[3]).catch((error) => {
  console.error(error);
  process.exit(1);
});
