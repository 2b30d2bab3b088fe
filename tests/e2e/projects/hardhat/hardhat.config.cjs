require("@nomicfoundation/hardhat-ethers");
require("@nomicfoundation/hardhat-chai-matchers");
const { subtask } = require("hardhat/config");
const { TASK_COMPILE_SOLIDITY_GET_SOLC_BUILD } = require("hardhat/builtin-tasks/task-names");

// The compiler of the npm package, so that none is downloaded.
subtask(TASK_COMPILE_SOLIDITY_GET_SOLC_BUILD).setAction(async () => ({
  version: "0.8.37",
  longVersion: require("solc/package.json").version,
  compilerPath: require.resolve("solc/soljson.js"),
  isSolcJs: true,
}));

/** @type {import("hardhat/config").HardhatUserConfig} */
module.exports = {
  solidity: { version: "0.8.37", settings: { evmVersion: "prague", optimizer: { enabled: true } } },
  networks: { taishan: { url: process.env.TAISHAN_URL ?? "http://127.0.0.1:8545" } },
};
