"""CPU of one check of each collector, on loopback: one JSON line each.

    .venv/bin/python bench/collectors_cpu.py [--checks 2000] [--sql sql+mysql://127.0.0.1:3306/watch?cred=db]

Only our process is counted; the servers run in a child. For `--sql` the account's name is "watch" and its
password stands in the environment variable WATCHFLOOR_BENCH_PASSWORD. Beside it stands `fping` itself.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import resource
import shutil
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import cast

import dns.message
import dns.rrset
import trustme
import uvloop

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from collectors import uri
from collectors.contract import Poller, Target
from collectors.network.dns import DnsPoller
from collectors.network.icmp.probe import IcmpPoller
from collectors.network.smtp import SmtpPoller
from collectors.network.sql.probe import SqlPoller
from collectors.network.tcp import TcpPoller
from collectors.network.tls.probe import TlsPoller
from collectors.settings import Credential

AT_ONCE = 50
_CLASSES: tuple[type[Poller], ...] = (DnsPoller, IcmpPoller, SmtpPoller, SqlPoller, TcpPoller, TlsPoller)
POLLERS = {scheme: poller for poller in _CLASSES for scheme in poller.schemes}


class Names(asyncio.DatagramProtocol):
    """Answers every question with one address."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, where: object) -> None:
        query = dns.message.from_wire(data)
        answer = dns.message.make_response(query)
        answer.answer.append(dns.rrset.from_text(query.question[0].name, 60, "IN", "A", "10.0.0.1"))
        self._transport.sendto(answer.to_wire(), where)  # type: ignore[arg-type]


async def mail(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Greets, answers EHLO and QUIT."""
    writer.write(b"220 mail.example ESMTP\r\n")
    while line := await reader.readline():
        writer.write(b"250-mail.example\r\n250 STARTTLS\r\n" if line.startswith(b"EHLO") else b"221 bye\r\n")
    writer.close()


async def serve(pipe: Connection, folder: str) -> None:
    """The servers; tells their ports and waits to be ended."""
    loop = asyncio.get_running_loop()
    ca = trustme.CA()
    ca.cert_pem.write_to_path(f"{folder}/ca.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("localhost").configure_cert(context)
    tcp = await loop.create_server(asyncio.Protocol, "127.0.0.1", 0, backlog=1000)
    tls = await loop.create_server(asyncio.Protocol, "127.0.0.1", 0, ssl=context, backlog=1000)
    smtp = await asyncio.start_server(mail, "127.0.0.1", 0, backlog=1000)
    names, _ = await loop.create_datagram_endpoint(Names, local_addr=("127.0.0.1", 0))
    ports = {name: server.sockets[0].getsockname()[1] for name, server in (("tcp", tcp), ("tls", tls), ("smtp", smtp))}
    pipe.send({**ports, "dns": names.get_extra_info("sockname")[1]})
    await asyncio.Event().wait()


def child(pipe: Connection, folder: str) -> None:
    asyncio.run(serve(pipe, folder))


async def measure(label: str, targets: Sequence[Target], checks: int) -> None:
    """Polls `checks` times, AT_ONCE at a time, after a warm-up; prints the line."""
    poller = POLLERS[targets[0].scheme]()
    await asyncio.gather(*(poller.poll(target) for target in targets[:10]))
    began, wall = time.process_time(), time.perf_counter()
    for first in range(0, checks, AT_ONCE):
        await asyncio.gather(*(poller.poll(targets[n % len(targets)]) for n in range(first, first + AT_ONCE)))
    spent, took = time.process_time() - began, time.perf_counter() - wall
    await poller.close()
    line = {"check": label, "checks": checks, "cpu_us": round(spent / checks * 1e6, 1), "per_s": round(checks / took)}
    print(json.dumps(line), flush=True)


async def run(ports: dict[str, int], checks: int, sql: Sequence[str]) -> None:
    hosts = [f"127.0.{n // 250}.{n % 250 + 1}" for n in range(1000)]
    await measure("icmp", [uri.parse(f"icmp://{host}") for host in hosts], checks)
    await measure("icmp count=3", [uri.parse(f"icmp://{host}?count=3") for host in hosts], checks)
    await measure("tcp", [uri.parse(f"tcp://127.0.0.1:{ports['tcp']}")], checks)
    await measure("dns", [uri.parse(f"dns://127.0.0.1:{ports['dns']}/a.example?expect=10.0.0.1")], checks)
    await measure("smtp", [uri.parse(f"smtp://127.0.0.1:{ports['smtp']}")], checks)
    await measure("tls", [uri.parse(f"tls://127.0.0.1:{ports['tls']}?name=localhost")], max(AT_ONCE, checks // 4))
    secret = {"user": "watch", "password": os.environ.get("WATCHFLOOR_BENCH_PASSWORD", "")}
    login = Credential(name="db", kind="password", values=secret)
    for address in sql:
        target = uri.parse(address, credential=login, timeout=20)
        await measure(target.scheme, [target], max(AT_ONCE, checks // 10))


def fping(checks: int) -> None:
    """fping alone, one request a host."""
    program = shutil.which("fping")
    if program is None:
        return
    hosts = [f"127.0.{n // 250}.{n % 250 + 1}" for n in range(min(checks, 1000))]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([program, "-q", "-C", "1", "-i", "1", *hosts], capture_output=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    line = {"check": "fping alone", "checks": len(hosts), "cpu_us": round(spent / len(hosts) * 1e6, 1)}
    print(json.dumps(line), flush=True)


def main() -> None:
    """Starts the servers, measures, ends them."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("--checks", type=int, default=2000)
    options.add_argument("--sql", action="append", default=[])
    arguments = options.parse_args()
    fping(arguments.checks)
    with tempfile.TemporaryDirectory() as folder:
        ours, theirs = multiprocessing.Pipe()
        server = multiprocessing.get_context("spawn").Process(target=child, args=(theirs, folder), daemon=True)
        server.start()
        ports = ours.recv()
        os.environ["SSL_CERT_FILE"] = f"{folder}/ca.pem"
        try:
            uvloop.run(run(ports, min(arguments.checks, 20_000), arguments.sql))
        finally:
            server.terminate()
            server.join()


if __name__ == "__main__":
    main()
