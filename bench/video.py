"""The cost of video: keepalives of many devices of GB/T 28181, and samples of pictures.

    python -m bench.video [--devices 10000] [--seconds 30] [--samples 100]

Devices keep alive over real UDP on loopback at `--devices` / 60 a second; the share of a core is that of the platform's
process alone. A sample is a 1920 x 1080 key frame that is decoded, measured and judged in the decoding process.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import socket
import sys
import time
from multiprocessing import Process
from pathlib import Path
from tempfile import TemporaryDirectory

from collectors.listener import ListenerContext
from collectors.settings import Credential, SourceSettings
from collectors.sim.cameras import clips, scenes
from collectors.video.gb28181.bindings import Binding
from collectors.video.gb28181.listener import GbListener
from collectors.video.pictures.stage import PictureStage
from collectors.video.rtsp.rtp import START_CODE
from feeds.model import Asset

PLATFORM, DOMAIN = "53230000002000000001", "5323000000"
SPREAD = 100
"""Local ports from which the devices send."""


def device_id(number: int) -> str:
    return f"53230100001180{number:06}"


def keepalive(number: int, turn: int) -> bytes:
    device = device_id(number)
    body = (
        f'<?xml version="1.0" encoding="GB2312"?>\r\n<Notify>\r\n<CmdType>Keepalive</CmdType>\r\n<SN>{turn}</SN>\r\n'
        f"<DeviceID>{device}</DeviceID>\r\n<Status>OK</Status>\r\n</Notify>\r\n"
    ).encode()
    head = (
        f"MESSAGE sip:{PLATFORM}@{DOMAIN} SIP/2.0",
        f"Via: SIP/2.0/UDP 127.0.0.1:5060;rport;branch=z9hG4bK{number}-{turn}",
        f"From: <sip:{device}@{DOMAIN}>;tag=1",
        f"To: <sip:{PLATFORM}@{DOMAIN}>",
        f"Call-ID: {number}-{turn}",
        "CSeq: 1 MESSAGE",
        "Max-Forwards: 70",
        "Content-Type: Application/MANSCDP+xml",
        f"Content-Length: {len(body)}",
    )
    return "".join(f"{line}\r\n" for line in head).encode() + b"\r\n" + body


def send(port: int, devices: int, seconds: float) -> None:
    """Keep all devices alive, each once a minute, evenly."""
    sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(SPREAD)]
    began, sent = time.monotonic(), 0
    while (passed := time.monotonic() - began) < seconds:
        while sent < passed * devices / 60:
            sockets[sent % SPREAD].sendto(keepalive(sent % devices, sent), ("127.0.0.1", port))
            sent += 1
        time.sleep(0.005)


def recorders(devices: int) -> dict[str, Asset]:
    """An inventory of so many recorders."""
    return {
        device_id(number): Asset(
            id=device_id(number), name="", kind="nvr", region="532301", probes=(f"gb28181://{device_id(number)}",)
        )
        for number in range(devices)
    }


async def keepalives(devices: int, seconds: float) -> None:
    """The share of a core that the platform needs, and what it answered and dropped."""
    assets = recorders(devices)
    credentials = {"gb": Credential(name="gb", kind="password", values={"user": "*", "password": "x"})}
    settings = SourceSettings(id="gb", kind="video.gb28181", url=f"sip://{PLATFORM}@127.0.0.1:0", cred="gb")
    listener = GbListener(settings, ListenerContext(inventory=assets, credentials=credentials))
    await listener.open()
    now = listener.platform.now()
    for number in range(devices):
        listener.platform.bindings.put(
            Binding(
                device=device_id(number),
                way=None,
                address=("127.0.0.1", 1),
                transport="UDP",
                expires_at=now + 86_400,
                registered_at=now,
                started_at=now,
                online=True,
                heard_at=now,
            )
        )
    notified = 0

    async def listen() -> None:
        nonlocal notified
        async for _ in listener.listen():
            notified += 1

    listening = asyncio.create_task(listen())
    sender = Process(target=send, args=(listener.port, devices, seconds))
    before = time.process_time()
    sender.start()
    await asyncio.sleep(seconds)
    used = time.process_time() - before
    await asyncio.to_thread(sender.join)
    await asyncio.sleep(0.2)
    counts = listener.counts()
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    await listener.close()
    print(
        f"keepalives: {devices} devices, {counts['received'] / seconds:.0f} messages/s, "
        f"{100 * used / seconds:.1f} % of a core, {counts['received']:.0f} received of {devices / 60 * seconds:.0f}, "
        f"{counts['dropped']:.0f} dropped, {notified} messages to the runner, "
        f"{used / counts['received'] * 1e6:.0f} us each"
    )


async def samples(count: int) -> None:
    """Milliseconds of processor time of one sample, in the decoding process and in ours."""
    picture = scenes.street(1, 1920, 1080)
    clip = clips.encode([picture] * 4, group=1)
    frames = [b"".join(START_CODE + unit for unit in clip.units[number]) for number in clip.keys]
    with TemporaryDirectory() as folder:
        stage = PictureStage(Path(folder), workers=1)
        await stage.check("warm", "H264", frames[0], 0.0, learn=0)
        own, began = time.process_time(), time.perf_counter()
        for number in range(count):
            await stage.check(f"c{number % 20}", "H264", frames[number % 4], 300.0 * number, learn=0)
        own, wall = time.process_time() - own, time.perf_counter() - began
        await stage.close()
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    child = children.ru_utime + children.ru_stime
    cores = (child + own) / count * 10_000 / 300
    print(
        f"samples: 1920 x 1080 H.264 key frame of {len(frames[0]) // 1024} KiB: {1000 * child / count:.1f} ms in the "
        f"worker (its start included), {1000 * own / count:.1f} ms in the role, {1000 * wall / count:.1f} ms of wall "
        "time; "
        f"10,000 cameras every 5 min: {cores:.2f} cores without the network"
    )


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--devices", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--samples", type=int, default=100)
    args = parser.parse_args()
    asyncio.run(samples(args.samples))
    asyncio.run(keepalives(args.devices, args.seconds))
    return 0


if __name__ == "__main__":
    sys.exit(main())
