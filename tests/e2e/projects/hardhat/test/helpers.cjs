const helpers = require("@nomicfoundation/hardhat-network-helpers");
const { expect } = require("chai");
const { ethers, network } = require("hardhat");

const SOMEBODY = ethers.getAddress("0x" + "5e".repeat(20));
const RETURNS_SLOT_0 = "0x5f545f5260205ff3";

describe("network helpers", function () {
  let restorer;
  beforeEach(async () => (restorer = await helpers.takeSnapshot()));
  afterEach(() => restorer.restore());

  const latest = () => ethers.provider.getBlock("latest");

  it("mine blocks", async function () {
    const before = await helpers.time.latestBlock();
    await helpers.mine();
    await helpers.mine(3, { interval: 60 });
    expect(await helpers.time.latestBlock()).to.equal(before + 4);
    const [one, two] = await Promise.all([ethers.provider.getBlock(before + 3), latest()]);
    expect(two.timestamp - one.timestamp).to.equal(60);
    await helpers.mineUpTo(before + 10);
    expect(await helpers.time.latestBlock()).to.equal(before + 10);
  });

  it("move time", async function () {
    const start = await helpers.time.latest();
    expect(await helpers.time.increase(3_600)).to.equal(start + 3_600);
    await helpers.time.setNextBlockTimestamp(start + 7_200);
    await helpers.mine();
    expect(await helpers.time.latest()).to.equal(start + 7_200);
  });

  it("set accounts", async function () {
    await helpers.setBalance(SOMEBODY, 7n);
    await helpers.setNonce(SOMEBODY, 9);
    await helpers.setCode(SOMEBODY, RETURNS_SLOT_0);
    await helpers.setStorageAt(SOMEBODY, 0, 42);
    expect(await ethers.provider.getBalance(SOMEBODY)).to.equal(7n);
    expect(await ethers.provider.getTransactionCount(SOMEBODY)).to.equal(9);
    expect(await ethers.provider.getCode(SOMEBODY)).to.equal(RETURNS_SLOT_0);
    expect(BigInt(await helpers.getStorageAt(SOMEBODY, 0))).to.equal(42n);
    expect(BigInt(await ethers.provider.call({ to: SOMEBODY }))).to.equal(42n);
  });

  it("choose what the next block says", async function () {
    await helpers.setNextBlockBaseFeePerGas(2_000_000_000n);
    await helpers.setPrevRandao(12_345);
    await helpers.setCoinbase(SOMEBODY);
    await helpers.setBlockGasLimit(20_000_000);
    await helpers.mine();
    const block = await latest();
    expect(block.baseFeePerGas).to.equal(2_000_000_000n);
    expect(BigInt((await network.provider.send("eth_getBlockByNumber", ["latest", false])).mixHash)).to.equal(12_345n);
    expect(block.miner).to.equal(SOMEBODY);
    expect(block.gasLimit).to.equal(20_000_000n);
    await helpers.mine();
    expect((await latest()).baseFeePerGas).to.equal(1_750_000_000n);
  });

  it("pay who makes the block", async function () {
    const [, payer] = await ethers.getSigners();
    await helpers.setCoinbase(SOMEBODY);
    const receipt = await (await payer.sendTransaction({ to: payer.address, maxPriorityFeePerGas: 5n })).wait();
    expect(await ethers.provider.getBalance(SOMEBODY)).to.equal(5n * receipt.gasUsed);
  });

  it("impersonate an account", async function () {
    const [, , ana] = await ethers.getSigners();
    await helpers.impersonateAccount(ana.address);
    const posed = await ethers.getImpersonatedSigner(ana.address);
    const receipt = await (await posed.sendTransaction({ to: ana.address })).wait();
    expect(receipt.from).to.equal(ana.address);
    await helpers.stopImpersonatingAccount(ana.address);
  });

  it("drop a waiting transaction", async function () {
    const [, payer] = await ethers.getSigners();
    await network.provider.send("evm_setAutomine", [false]);
    const sent = await payer.sendTransaction({ to: payer.address, gasLimit: 21_000 });
    expect(await helpers.dropTransaction(sent.hash)).to.equal(true);
    await helpers.mine();
    expect(await ethers.provider.getTransactionReceipt(sent.hash)).to.equal(null);
    await network.provider.send("evm_setAutomine", [true]);
  });

  it("give ether", async function () {
    const [, payer, , other] = await ethers.getSigners();
    await expect(payer.sendTransaction({ to: other.address, value: 5n })).to.changeEtherBalances([payer, other], [-5n, 5n]);
  });

  it("send what a stranger sends", async function () {
    await helpers.setBalance(SOMEBODY, 10n ** 18n);
    const stranger = await ethers.getImpersonatedSigner(SOMEBODY);
    await stranger.sendTransaction({ to: SOMEBODY });
  });
});

describe("reset", function () {
  it("goes back to the beginning", async function () {
    await helpers.mine();
    await helpers.reset();
    expect(await helpers.time.latestBlock()).to.equal(0);
  });
});
