"""DNS against dnsmasq: its own answers, and the end of the server is seen at once."""

from __future__ import annotations

from pathlib import Path

from collectors.errors import NotReady, Reason
from collectors.network.dns import DnsPoller
from tests.collectors.network.loopback import ask, failure, target_of, values_of
from tests.peers.conftest import own, program, running
from tests.ports import free_port


async def test_records_errors_and_the_end(tmp_path: Path) -> None:
    port = free_port()
    folder = own(tmp_path)
    long = "".join(f"--host-record=many.example,10.0.{n // 250}.{n % 250 + 1} " for n in range(200)).split()
    command = [
        program("dnsmasq"),
        "--keep-in-foreground",
        "--no-resolv",
        "--no-hosts",
        "--conf-file=/dev/null",
        f"--port={port}",
        "--listen-address=127.0.0.1",
        "--bind-interfaces",
        f"--pid-file={folder}/pid",
        "--host-record=portal.example,10.0.0.1",
        "--mx-host=example,mail.example,10",
        "--txt-record=example,v=spf1 -all",
        "--local=/example/",
        *long,
    ]
    poller = DnsPoller()
    at = f"dns://127.0.0.1:{port}"
    with running(command, port, folder / "log"):
        portal = values_of(await ask(poller, target_of(f"{at}/portal.example?expect=10.0.0.1")))
        mail = values_of(await ask(poller, target_of(f"{at}/example?type=MX")))
        text = values_of(await ask(poller, target_of(f"{at}/example?type=TXT")))
        readings = values_of(await ask(poller, target_of(f"{at}/many.example")))
        back = values_of(await ask(poller, target_of(f"{at}/10.0.0.1?type=PTR&expect=portal.example")))
        missing = await failure(poller, target_of(f"{at}/nobody.example"))
        wrong = await failure(poller, target_of(f"{at}/portal.example?expect=10.9.9.9"))
        foreign = await failure(poller, target_of(f"{at}/www.test"))
    gone = await failure(poller, target_of(f"{at}/portal.example"))
    assert portal["dns.answer"] == "10.0.0.1"
    assert (mail["dns.answer"], text["dns.answer"]) == ("10 mail.example.", '"v=spf1 -all"')
    assert str(readings["dns.answer"]).count("10.0.0.") > 10  # cut over UDP, whole over TCP
    assert back["dns.answer"] == "portal.example."
    for error, message in ((missing, "NXDOMAIN"), (wrong, "instead of"), (foreign, "REFUSED")):
        assert isinstance(error, NotReady)
        assert error.reason is Reason.WRONG_ANSWER
        assert message in error.en
    assert isinstance(gone, NotReady)
    assert gone.reason is Reason.REFUSED
