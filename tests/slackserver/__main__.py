"""Run the server until it is interrupted; its first line of output says how to connect to it."""

import argparse
import asyncio
import json
import signal
import sys

from tests.slackserver.server import ACK_LIMIT, RETRY_DELAYS, slack


async def _run(options: argparse.Namespace) -> None:
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, over.set)
    delays = tuple(float(each) for each in options.retry_delays.split(",") if each)
    async with slack(port=options.port, ack_limit=options.ack_limit, retry_delays=delays) as server:
        sys.stdout.write(json.dumps(server.facts()) + "\n")
        sys.stdout.flush()
        await over.wait()


def main() -> None:
    """Read the options and run."""
    parser = argparse.ArgumentParser(prog="python -m tests.slackserver", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--ack-limit", type=float, default=ACK_LIMIT, metavar="SECONDS")
    parser.add_argument(
        "--retry-delays", default=",".join(map(str, RETRY_DELAYS)), metavar="SECONDS,SECONDS,..."
    )
    asyncio.run(_run(parser.parse_args()))


main()
