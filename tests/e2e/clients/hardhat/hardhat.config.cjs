// The endpoint is in the environment as JSON (see ../README.md); its accounts sign here and send raw.
require("@nomicfoundation/hardhat-ethers");

const { http, chainId, keys } = JSON.parse(process.env.ENDPOINT);

module.exports = {
  networks: { taishan: { url: http, chainId, accounts: ["issuer", "agent", "alice", "bob"].map((one) => keys[one]) } },
};
