const { loadFixture, time } = require("@nomicfoundation/hardhat-network-helpers");
const { anyUint } = require("@nomicfoundation/hardhat-chai-matchers/withArgs");
const { expect } = require("chai");
const { ethers } = require("hardhat");

const DAY = 86_400;

describe("Voucher", function () {
  async function deployed() {
    const [employer, , ana, ben] = await ethers.getSigners();
    const opensAt = (await time.latest()) + 7 * DAY;
    const voucher = await ethers.deployContract("Voucher", [opensAt]);
    await voucher.issue(ana.address, 100);
    return { voucher, employer, ana, ben, opensAt };
  }

  it("is issued by the employer", async function () {
    const { voucher, ana } = await loadFixture(deployed);
    await expect(voucher.issue(ana.address, 5)).to.emit(voucher, "Transfer").withArgs(ethers.ZeroAddress, ana.address, 5);
    expect(await voucher.balanceOf(ana.address)).to.equal(105);
  });

  it("is issued by nobody else", async function () {
    const { voucher, ana } = await loadFixture(deployed);
    await expect(voucher.connect(ana).issue(ana.address, 5))
      .to.be.revertedWithCustomError(voucher, "OwnableUnauthorizedAccount")
      .withArgs(ana.address);
  });

  it("starts every test from the fixture", async function () {
    const { voucher, ana } = await loadFixture(deployed);
    expect(await voucher.balanceOf(ana.address)).to.equal(100);
    expect(await voucher.totalSupply()).to.equal(100);
  });

  it("is not handed on before the season", async function () {
    const { voucher, ana, ben, opensAt } = await loadFixture(deployed);
    await expect(voucher.connect(ana).transfer(ben.address, 1)).to.be.revertedWithCustomError(voucher, "SeasonClosed").withArgs(opensAt);
    await expect(voucher.connect(ana).transfer.staticCall(ben.address, 1)).to.be.revertedWithCustomError(voucher, "SeasonClosed");
  });

  it("is handed on in the season", async function () {
    const { voucher, ana, ben, opensAt } = await loadFixture(deployed);
    await time.increaseTo(opensAt);
    await expect(voucher.connect(ana).transfer(ben.address, 40)).to.changeTokenBalances(voucher, [ana, ben], [-40, 40]);
    await expect(voucher.connect(ben).transfer(ana.address, 41)).to.be.revertedWithCustomError(voucher, "ERC20InsufficientBalance");
  });

  it("is redeemed, and says so", async function () {
    const { voucher, ana } = await loadFixture(deployed);
    await expect(voucher.connect(ana).redeem(30)).to.emit(voucher, "Redeemed").withArgs(ana.address, anyUint);
    expect(await voucher.spendable(ana.address)).to.equal(70);
    await expect(voucher.connect(ana).redeem(71)).to.be.reverted;
  });

  it("is issued in large amounts", async function () {
    const { voucher, ben } = await loadFixture(deployed);
    await voucher.issue(ben.address, 501);
    expect(await voucher.balanceOf(ben.address)).to.equal(501);
  });
});
