"""The SIP platform of GB/T 28181 without sockets: messages and time in, answers and states out.

A device is off line when it was not heard for its misses times its interval of keepalives, and a little more. From that
moment nothing that it said of its channels holds. After our own start nobody is off line before that time has passed.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from datetime import UTC, tzinfo
from pathlib import Path

from collectors.video.gb28181 import manscdp
from collectors.video.gb28181.bindings import EXPIRED_ALIVE, Binding, Bindings, Way
from collectors.video.gb28181.catalogs import CatalogKeeper
from collectors.video.gb28181.channels import Channels
from collectors.video.gb28181.findings import DeviationLog
from collectors.video.gb28181.manscdp import MansFormatError
from collectors.video.gb28181.notices import Notices
from collectors.video.gb28181.platform_settings import PlatformSettings
from collectors.video.gb28181.publishing import Emit, GbPublisher
from collectors.video.gb28181.queries import Queries
from collectors.video.gb28181.recordings import RecordKeeper
from collectors.video.gb28181.registrar import Registrar, Registration
from collectors.video.gb28181.roster import DeviceRoster
from collectors.video.gb28181.sip_message import SipMessage, response
from collectors.video.gb28181.subscriptions import DeviceSubscriptions
from feeds.model import Asset

REPEATED_WITHIN, MAX_ANSWERS = 32.0, 20_000
"""Seconds for which a repeated request gets the same answer, and answers that are kept for that."""
CALM_AFTER = (60.0, 540.0)
"""Seconds after a registration when a device is asked in a storm: at the earliest, and the spread."""
STORM = 20
"""Registrations within a minute, beyond which devices are asked later."""
HINT = 1.0
"""Seconds after a NOTIFY of a dialog that we do not know, when its device is asked for its catalog."""
MAX_PENDING_DEVICES = 64
_METHODS = "REGISTER, MESSAGE, NOTIFY, OPTIONS, SUBSCRIBE"


class GbPlatform:
    """The platform. `now` is monotonic and `wall` in epoch seconds; both are functions."""

    def __init__(
        self,
        settings: PlatformSettings,
        passwords: Mapping[str, str],
        inventory: Mapping[str, Asset],
        emit: Emit,
        *,
        now: Callable[[], float],
        wall: Callable[[], float],
        zone: tzinfo = UTC,
        folder: Path | None = None,
    ) -> None:
        self._now, self._wall = now, wall
        self.settings = settings
        self.inventory, self.roster = inventory, DeviceRoster(inventory)
        self.channels = Channels()
        self.publisher = GbPublisher(emit, self.roster, self.channels)
        self.bindings = Bindings(folder / "bindings.json" if folder else None, now(), wall())
        self.queries = Queries(settings.id, settings.domain, now)
        self.subscriptions = DeviceSubscriptions(
            settings.id, settings.domain, settings.subscribe, self.bindings, self.queries.requests, now
        )
        self.deviations = DeviationLog()
        self.catalogs = CatalogKeeper(self, folder)
        self.recordings = RecordKeeper(self, zone)
        self.notices = Notices(self, zone)
        self._zone = zone
        self._answers: OrderedDict[tuple[str, str, str], tuple[float, bytes]] = OrderedDict()
        self._registrations: list[float] = []
        self._started_at = now()
        self.pending: dict[str, int] = {}
        """Attempts to register by devices that are not in the inventory, by device."""
        self.refusals: list[str] = []
        self.set_passwords(passwords)

    def set_passwords(self, passwords: Mapping[str, str]) -> None:
        """Use other passwords from now on."""
        self.registrar = Registrar(
            self.settings.domain, passwords, self._allows, self._zone, sync_clock=self.settings.sync_clock
        )

    def set_inventory(self, inventory: Mapping[str, Asset]) -> None:
        """Use another inventory, and tell the states of all devices to it."""
        self.inventory = inventory
        self.roster = self.publisher.roster = DeviceRoster(inventory)
        for binding in self.bindings:
            self.publisher.device(binding, self._now(), self._wall(), starting=binding.online is None)
            self.catalogs.tell_changes(binding.device)

    def now(self) -> float:
        """The monotonic time."""
        return self._now()

    def wall(self) -> float:
        """The time in epoch seconds."""
        return self._wall()

    def _allows(self, device: str) -> bool:
        if device in self.roster or self.settings.accept_unknown:
            return True
        if device in self.pending or len(self.pending) < MAX_PENDING_DEVICES:
            self.pending[device] = self.pending.get(device, 0) + 1
        return False

    # -- messages ------------------------------------------------------------------

    def receive(self, message: SipMessage, way: Way) -> None:
        """Take one message. Raises nothing for whatever a device sends."""
        now = self._now()
        if message.status:
            self.queries.responded(message)
            return
        earlier_answer = self._answers.get(message.transaction)
        if earlier_answer is not None and now - earlier_answer[0] <= REPEATED_WITHIN:
            way.send(earlier_answer[1])
            return
        if message.method == "REGISTER":
            self._register(message, way, now)
        elif message.method in ("MESSAGE", "NOTIFY"):
            self._take(message, way, now)
        elif message.method == "OPTIONS":
            way.send(response(message, 200, "OK", way.peer, (("Allow", _METHODS),)))
        elif message.method != "ACK":
            way.send(response(message, 405, "Method Not Allowed", way.peer, (("Allow", _METHODS),)))

    def _answer(self, message: SipMessage, way: Way, answer: bytes, now: float) -> None:
        way.send(answer)
        self._answers[message.transaction] = (now, answer)
        while self._answers:
            first = next(iter(self._answers))
            if len(self._answers) <= MAX_ANSWERS and now - self._answers[first][0] <= REPEATED_WITHIN:
                break
            del self._answers[first]

    def _register(self, message: SipMessage, way: Way, now: float) -> None:
        outcome = self.registrar.register(message, way.peer, now, self._wall())
        if outcome.answer is not None:
            self._answer(message, way, outcome.answer, now)
        device = message.sender
        if outcome.accepted:
            self._registered(device, way, outcome, now)
        elif outcome.refused and outcome.refused != "ignored":
            self.refusals.append(f"REGISTER {device[:24]} from {way.peer[0]}: {outcome.refused}")
            if outcome.failures:
                self.publisher.auth_failed(device, way.peer[0], f"{outcome.refused} ({outcome.failures})")

    def _registered(self, device: str, way: Way, outcome: Registration, now: float) -> None:
        binding = self.bindings.get(device)
        if outcome.expires == 0:
            if binding is not None:
                binding.left = True
                self._set_online(binding, False, now)
                self.bindings.changed = True
            return
        fresh = binding is None or binding.left or binding.online is not True
        if binding is None:
            binding = Binding(
                device=device,
                way=way,
                address=way.peer,
                transport=way.transport,
                expires_at=now + outcome.expires,
                registered_at=now,
                started_at=now,
                configured=self.settings.keepalive,
            )
            if not self.bindings.put(binding):
                return
        binding.way, binding.address, binding.transport = way, way.peer, way.transport
        binding.expires_at, binding.registered_at, binding.left = now + outcome.expires, now, False
        binding.version = outcome.version
        binding.charset = "GB18030" if outcome.version.startswith("3") else "GB2312"
        self.bindings.changed = True
        binding.hear(now)
        self._set_online(binding, True, now)
        if fresh:
            self.queries.begin_anew(device)
            self._ask_soon(device, now)

    def _ask_soon(self, device: str, now: float) -> None:
        """Ask a device that has come for its status and catalog: at once, or spread out in a storm of registrations."""
        self._registrations = [at for at in self._registrations if now - at < 60.0] + [now]
        after = 0.0
        if len(self._registrations) > STORM:
            after = CALM_AFTER[0] + sum(device.encode()) * 7919 % 1000 / 1000 * CALM_AFTER[1]
        self.subscriptions.begin(device, now + after)
        self.queries.want(device, "DeviceStatus", now + after)
        self.queries.want(device, "DeviceInfo", now + after)
        if self.catalogs.stale(device, now):
            self.queries.want(device, "Catalog", now + after)

    def _take(self, message: SipMessage, way: Way, now: float) -> None:
        """A MESSAGE or NOTIFY: only a bound device at its own address may change anything."""
        binding = self.bindings.get(message.sender)
        if binding is None or binding.left or not self._at_home(binding, way, now):
            self.refusals.append(f"{message.method} {message.sender[:24]} from {way.peer[0]}: not registered")
            self._answer(message, way, response(message, 403, "Forbidden", way.peer), now)
            return
        is_stray = message.method == "NOTIFY" and not self.subscriptions.knows(message)
        status = (481, "Subscription Does Not Exist") if is_stray else (200, "OK")
        self._answer(message, way, response(message, *status, way.peer), now)
        if binding.way is None or binding.address != way.peer or binding.transport != way.transport:
            binding.address, binding.transport = way.peer, way.transport
            self.bindings.changed = True
        binding.way = way
        try:
            body = manscdp.parse(message.body)
        except MansFormatError as error:
            self.refusals.append(f"{message.sender[:24]}: {error}")
            self.deviations.note(binding.device, "malformed")
            self._heard(binding, now)
            return
        if body.damaged or body.replaced:
            self.deviations.note(binding.device, "damaged-xml" if body.damaged else "charset")
        self._heard(binding, now, keepalive=body.command.lower() == "keepalive")
        if is_stray and body.command.lower() == "catalog":
            self.queries.want(binding.device, "Catalog", now + HINT)
            return
        self.notices.take(binding, body, now)

    def _at_home(self, binding: Binding, way: Way, now: float) -> bool:
        """True for the address of the registration, at any port (NAT), and anywhere for a roaming device."""
        from_home = binding.address[0] == way.peer[0]
        if not from_home and not self.settings.roaming:
            return False
        return now <= binding.expires_at + EXPIRED_ALIVE

    def _heard(self, binding: Binding, now: float, *, keepalive: bool = False) -> None:
        binding.hear(now, keepalive=keepalive)
        came_back = binding.online is not True
        self._set_online(binding, True, now)
        if came_back:
            self._ask_soon(binding.device, now)

    def _set_online(self, binding: Binding, online: bool, now: float) -> None:
        if binding.online is online:
            return
        binding.online = online
        if not online:
            self.channels.forget_statuses(binding.device, self._wall())
            self.queries.forget(binding.device)
            self.catalogs.forget(binding.device)
            self.subscriptions.forget(binding.device)
        self.publisher.device(binding, now, self._wall(), starting=False)

    def ask_now(self, device: str) -> None:
        """Ask a device for its status, information and catalog, whatever it left unanswered before."""
        self.queries.begin_anew(device)
        for command in ("DeviceStatus", "DeviceInfo", "Catalog"):
            self.queries.want(device, command, self._now())

    # -- time ----------------------------------------------------------------------

    def tick(self) -> None:
        """Let time pass: end overdue queries and send those that are due. Call it several times a second."""
        now = self._now()
        self.queries.tick(now)
        self.catalogs.tick(now)
        self.subscriptions.tick(now)
        self.recordings.tick(now)
        for device, command in self.queries.due(now):
            binding = self.bindings.get(device)
            if binding is not None and binding.online and not self.queries.unsupported(device, command):
                self.catalogs.ask(binding, now) if command == "Catalog" else self.queries.ask(binding, command)

    def sweep(self) -> None:
        """Mark silent devices and confirm the others. Call it about once a second."""
        now, wall = self._now(), self._wall()
        for binding in self.bindings:
            if binding.left:
                continue
            if binding.online is not False and now >= binding.silent_at:
                self._set_online(binding, False, now)
            self.publisher.confirm(binding, now, wall)

    def save(self) -> None:
        """Write bindings, if they changed. Raises OSError."""
        self.bindings.save(self._now(), self._wall())

    def figures(self) -> dict[str, float]:
        """Counts for the source's heartbeat."""
        states = [binding.online for binding in self.bindings if not binding.left]
        return {
            "devices": float(len(states)),
            "online": float(sum(state is True for state in states)),
            "channels": float(len(self.channels)),
            "subscriptions": float(len(self.subscriptions)),
            "pending": float(len(self.pending)),
            "deviations": float(self.deviations.total),
        }
