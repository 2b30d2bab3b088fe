// What a firm's ethers 6 script does, against the node at argv[2] with the artifact at argv[3]; prints what it saw as JSON.
const { readFileSync } = require("node:fs");
const { Contract, ContractFactory, JsonRpcProvider } = require("ethers");

async function main(url, file) {
  const { abi, bytecode } = JSON.parse(readFileSync(file, "utf8"));
  const provider = new JsonRpcProvider(url, undefined, { cacheTimeout: -1, pollingInterval: 50 });
  const [issuer, agent, alice, bob] = await Promise.all([0, 1, 7, 8].map((at) => provider.getSigner(at)));
  const deployed = await new ContractFactory(abi, bytecode, issuer).deploy("示例股份", "SL", 200, issuer.address, agent.address);
  await deployed.waitForDeployment();
  const register = new Contract(await deployed.getAddress(), abi, issuer);
  const receipt = await (await register.issue(alice.address, 5n)).wait();
  const event = receipt.logs.map((log) => register.interface.parseLog(log)).find((one) => one?.name === "SharesIssued");
  const seen = { event: event.name, shares: String(event.args.shares) };
  await register.connect(alice).transfer(bob.address, 6n).catch((error) => {
    seen.customError = register.interface.parseError(error.data)?.name;
  });
  await register.issue(alice.address, 1201n).catch((error) => {
    const body = error.error ?? error.info?.error;
    Object.assign(seen, { code: body.code, finding: body.data.findings[0].code });
  });
  provider.destroy();
  console.log(JSON.stringify(seen));
}

main(process.argv[2], process.argv[3]).catch((error) => {
  console.error(error);
  process.exit(1);
});
