"""Runs one function of the package of version 0.1, in whose Python this is started: its arguments are JSON on standard
input, and what it returns is printed as JSON in the last line.
"""

import asyncio
import json
import sys

import p2p_copy
import p2p_copy_server


async def main() -> None:
    call = json.load(sys.stdin)
    arguments = call["arguments"]
    if call["function"] == "send":
        arguments["compress"] = p2p_copy.CompressMode(arguments["compress"])
        status = await p2p_copy.send(**arguments)
    elif call["function"] == "receive":
        status = await p2p_copy.receive(**arguments)
    else:
        await p2p_copy_server.run_relay(**arguments)
        status = 0
    print(json.dumps({"version": p2p_copy.__version__, "status": status}))


asyncio.run(main())
