// What a firm's Hardhat 2 script does: `hardhat run --network taishan client.cjs`. Prints what it saw as JSON.
const { readFileSync } = require("node:fs");
const { ethers, network } = require("hardhat");
const { version } = require("hardhat/package.json");

const plain = ({ owner, spender, value }) => ({ owner, spender, value: String(value) });

async function main(endpoint) {
  const { abi, bytecode } = JSON.parse(readFileSync(endpoint.artifact, "utf8"));
  const [issuer, agent, alice, bob] = await ethers.getSigners();
  const factory = await ethers.getContractFactory(abi, bytecode, issuer);
  const register = await factory.deploy("示例股份", "SL", 200, issuer.address, agent.address);
  await register.waitForDeployment();

  const receipt = await (await register.connect(alice).approve(bob.address, 5n)).wait();
  const [{ args }] = receipt.logs.map((log) => register.interface.parseLog(log));
  const past = await register.queryFilter(register.filters.Approval(alice.address), receipt.blockNumber);
  const seen = {
    client: `hardhat ${version}`,
    chainId: Number(await network.provider.send("eth_chainId")),
    name: await register.name(),
    allowance: String(await register.allowance(alice.address, bob.address)),
    receipt: { status: receipt.status, type: receipt.type, gas: Number(receipt.gasUsed) },
    event: plain(args),
    past: past.map((log) => plain(log.args)),
    estimate: Number(await register.connect(alice).approve.estimateGas(bob.address, 6n)),
  };

  await register.connect(alice).transfer(bob.address, 6n).catch((error) => {
    const { name, args: values } = register.interface.parseError(error.data);
    seen.customError = { name, args: values.map(String) };
  });
  await register.issue(alice.address, 1201n).catch(({ code, message, data }) => {
    seen.refusal = { code, message, findings: data.findings };
  });
  console.log(JSON.stringify(seen));
}

main(JSON.parse(process.env.ENDPOINT)).catch((error) => {
  console.error(error);
  process.exit(1);
});
