"use strict";
// Standard input: a JSON list of standard-JSON inputs. Standard output: {version, outputs}, one output for each.
// argv[2]: folder of the solc package. No import callback is given: the compiler sees only the sources it is handed.
const { readFileSync, writeSync } = require("node:fs");

const solc = require(process.argv[2]);
const outputs = JSON.parse(readFileSync(0, "utf8")).map((input) => JSON.parse(solc.compile(JSON.stringify(input))));
const answer = Buffer.from(JSON.stringify({ version: solc.version(), outputs }));
for (let written = 0; written < answer.length; ) written += writeSync(1, answer, written);
