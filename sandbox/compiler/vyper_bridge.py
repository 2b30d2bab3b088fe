"""Standard input: a JSON list of standard-JSON inputs. Standard output: a JSON list of outputs, one for each.

Runs in a process of its own; the compiler reads nothing but the sources it is handed (JSONInputBundle).
"""

import json
import sys

from vyper.cli.vyper_json import compile_json, exc_handler_to_dict

if __name__ == "__main__":
    outputs = [compile_json(given, exc_handler_to_dict, None) for given in json.load(sys.stdin)]
    json.dump(outputs, sys.stdout, default=str)
