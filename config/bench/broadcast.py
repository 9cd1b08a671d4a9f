"""A plain `websockets` server that broadcasts what it is told: what the live updates are compared with.

python -m config.bench.broadcast <port>     reads {"path", "body"} from each line, answers when it began to send
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import defaultdict

from websockets.asyncio.server import ServerConnection, broadcast, serve

from config.bench.load import HOST, allow_many_files

listening: dict[str, set[ServerConnection]] = defaultdict(set)


async def _listen(connection: ServerConnection) -> None:
    assert connection.request is not None
    group = listening[connection.request.path]
    group.add(connection)
    try:
        await connection.wait_closed()
    finally:
        group.discard(connection)


async def _serve(port: int) -> None:
    reader = asyncio.StreamReader(limit=2**20)
    async with serve(_listen, HOST, port, compression=None, backlog=1024):
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        while line := await reader.readline():
            order = json.loads(line)
            began = time.monotonic_ns()
            broadcast(listening[order["path"]], order["body"])
            sys.stdout.write(json.dumps({"at": began}) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    allow_many_files(int(sys.argv[2]))
    asyncio.run(_serve(int(sys.argv[1])))
