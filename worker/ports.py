"""What the steps, the engine and the consumer need from the outside, in their own words.

Every method is one intention. Reads return what is there; changing calls return a definite answer
of `worker.core.model` or raise one of `worker.core.errors`: nothing else comes through a port.
Absence is an answer (`None`, an empty tuple, `Gone`), never an exception.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from worker.core.capture import Capture
from worker.core.inventory import Glimpse, Holdings
from worker.core.model import (
    Address,
    Candidate,
    CommandAnswer,
    CommandResult,
    Details,
    Disk,
    Image,
    ImageAnswer,
    Instance,
    InstanceType,
    Interface,
    KeepAnswer,
    LaunchAnswer,
    LaunchSpec,
    Look,
    Member,
    MemberAnswer,
    MoveAnswer,
    NotInstalled,
    Pair,
    Script,
    SealedAnswer,
    Snapshot,
    SnapshotAnswer,
    StartAnswer,
    StopAnswer,
    TagAnswer,
    Tags,
    VSwitch,
)
from worker.core.notices import Notice

TaggedKind = Literal["instance", "disk", "image", "snapshot", "eni"]


class Clock(Protocol):
    """The time that everything is measured in; virtual when the cloud is the emulator."""

    def now(self) -> float:
        """Return epoch seconds."""
        ...

    def real_seconds(self, seconds: float) -> float:
        """Convert a duration of this clock to one of the operating system's."""
        ...


class CorrectedClock(Clock, Protocol):
    """A clock that follows the cloud's."""

    def learn(self, told: float, *, asked_at: float) -> float:
        """Take the cloud's own time for the truth, and return by how many seconds it was off.

        A host's clock may be minutes wrong, and every decision here is about the cloud's time.

        Args:
            told: What the cloud said, epoch seconds.
            asked_at: When it was asked, by this clock. A time between then and now fits: the
                answer may have been long on its way, or this process may have stood still.
        """
        ...


class Sources(Protocol):
    """Reads about the instance that is being reclaimed."""

    def look(self, instance_id: str) -> Look:
        """Describe the instance and its disks, at the cost of one round trip."""
        ...

    def find(self, instance_id: str) -> Instance | None:
        """Describe the instance only."""
        ...

    def disks(self, disk_ids: Sequence[str]) -> tuple[Disk, ...]:
        """Describe disks by id, up to 100, wherever they are now; those that are gone are left out."""
        ...

    def ram_role(self, instance_id: str) -> str:
        """Return the name of the attached RAM role, or an empty string."""
        ...

    def details(self, instance_id: str) -> Details:
        """Read what its description does not tell; a refused read is named in the answer."""
        ...

    def user_data(self, instance_id: str, *, recreation: str) -> SealedAnswer:
        """Read the user data, sealed for one recreation: the plain text goes nowhere.

        The same text is sealed alike by whoever does it, so that twins ask for the same.
        """
        ...


class Captures(Protocol):
    """Sources as `audit --record` has written them down, for an event that comes too late."""

    def find(self, instance_id: str) -> Capture | None:
        """Return the capture of an instance of this account and region that we have signed."""
        ...


class Disks(Protocol):
    """Changes to the fate of disks."""

    def keep(self, disk_ids: Sequence[str]) -> KeepAnswer:
        """Make disks outlive their instance, up to 100 in one call."""
        ...

    def release(self, disk_ids: Sequence[str]) -> KeepAnswer:
        """Undo `keep`: the disks go with their instance again."""
        ...


class Images(Protocol):
    """Images and what they are made from."""

    def create(self, instance_id: str, *, name: str, token: str, tags: Tags) -> ImageAnswer:
        """Start the image of an instance; the id in `Accepted` is the image's."""
        ...

    def assemble(
        self, parts: Sequence[tuple[str, str]], *, name: str, token: str, tags: Tags, imds_v2: bool
    ) -> ImageAnswer:
        """Start an image of finished snapshots.

        Args:
            parts: Device and snapshot of each disk, the system's first.
            name: Of the image.
            token: Client token.
            tags: Of the image.
            imds_v2: Whether instances are to be launched that require metadata in secure mode.
        """
        ...

    def snapshot(self, disk_id: str, *, token: str, tags: Tags) -> SnapshotAnswer:
        """Start the snapshot of one disk; the id in `Accepted` is the snapshot's."""
        ...

    def snapshots(self, ids: Sequence[str]) -> tuple[Snapshot, ...]:
        """Describe snapshots by id, up to 100; those that are gone are left out."""
        ...

    def snapshots_of(self, disk_id: str) -> tuple[Snapshot, ...]:
        """List the snapshots of a disk, whoever made them, also when the disk is gone."""
        ...

    def find(self, name: str) -> Image | None:
        """Find an image of this account by its exact name, in whatever status it is."""
        ...

    def known(self, image_id: str) -> Image | None:
        """Describe an image by its id, whoever owns it."""
        ...

    def of_generation(self, lineage: str) -> tuple[Image, ...]:
        """Find the images of one generation of a lineage, given as `i-root/3`."""
        ...


class Instances(Protocol):
    """Replacements, and the two changes that are ever made to a source's state."""

    def find_tagged(self, recreation: str) -> tuple[Instance, ...]:
        """Find the instances that carry the recreation's tag."""
        ...

    def find_replacements(self, source: str) -> tuple[Instance, ...]:
        """Find the instances that were ever launched in place of a source, for whatever notice."""
        ...

    def find(self, instance_id: str) -> Instance | None:
        """Describe one instance."""
        ...

    def pay_as_you_go(self, owner: str, *, besides: str) -> int:
        """Count the owner's replacements that are not spot, those of one recreation left out."""
        ...

    def launch(
        self,
        spec: LaunchSpec,
        candidate: Candidate,
        *,
        image_id: str,
        token: str,
        drop: Sequence[str],
    ) -> LaunchAnswer:
        """Ask for one instance; `drop` names optional parameters to leave out."""
        ...

    def stop(self, instance_id: str) -> StopAnswer:
        """Ask a source to stop in good order."""
        ...

    def start(self, instance_id: str) -> StartAnswer:
        """Ask a source in economical mode to start again. The cloud takes no token: look first."""
        ...


class Stock(Protocol):
    """What could be launched where."""

    def instance_types(self, *, memory: float, architecture_of: str) -> tuple[InstanceType, ...]:
        """List the types with exactly this memory (GiB), and the named type itself."""
        ...

    def list_prices(
        self, types: Sequence[str], *, begin: float, end: float
    ) -> Mapping[tuple[str, str], float]:
        """Return pay-as-you-go prices per hour by type and zone, as of the window's end."""
        ...

    def vswitches(self, vpc: str) -> tuple[VSwitch, ...]:
        """List the subnets of a VPC."""
        ...


class Tagging(Protocol):
    """Tags on things that exist already."""

    def tag(self, kind: TaggedKind, ids: Sequence[str], tags: Tags) -> TagAnswer:
        """Add tags to up to 50 resources of one kind."""
        ...


@dataclass(frozen=True, slots=True)
class Delivery:
    """One received message.

    Attributes:
        handle: Receipt handle; dies with every change of visibility.
        attributes: User properties as received, unverified.
        enqueued_at: Epoch seconds.
        lease_until: When it becomes visible to others unless it is renewed.
        told_at: The cloud's time of this receive, where the message tells it; without it
            `lease_until` cannot be compared with a clock that may be wrong.
    """

    message_id: str
    handle: str
    body: str
    attributes: Mapping[str, str]
    enqueued_at: float
    dequeue_count: int
    lease_until: float
    told_at: float | None = None


@dataclass(frozen=True, slots=True)
class Lease:
    """What a renewal gives: the newest handle and the time until which it holds.

    Attributes:
        until: By the worker's own clock.
        told_at: The cloud's time of the renewal, where the answer tells it.
    """

    handle: str
    until: float
    told_at: float | None = None


class LeaseLost(Exception):
    """The handle is dead: the message may be with somebody else by now."""


class Queue(Protocol):
    """One SMQ queue. All methods may raise `Transient` or `Permanent`."""

    def receive(self, *, count: int, wait: float) -> tuple[Delivery, ...]:
        """Receive up to `count` messages, waiting up to `wait` seconds for the first."""
        ...

    def send(self, body: str, attributes: Mapping[str, str], *, delay: float = 0.0) -> str:
        """Send a message and return its id; a lost answer may mean that it was sent."""
        ...

    def delete(self, handle: str) -> None:
        """Delete a received message.

        Raises:
            LeaseLost: The handle was dead.
        """
        ...

    def renew(self, handle: str, seconds: float) -> Lease:
        """Keep a received message invisible for `seconds` (at least 1) from now.

        Raises:
            LeaseLost: The handle was dead.
        """
        ...


class Limiter(Protocol):
    """Spends the cloud's rate limits; asked before and told after every call. Never blocks."""

    def admit(self, api: str, now: float) -> float | None:
        """Return None to go ahead, or the time from which a call may be tried."""
        ...

    def succeeded(self, api: str, now: float) -> None:
        """Note that the cloud took a call."""
        ...

    def throttled(self, api: str, now: float) -> float:
        """Note a refusal for rate and return the time from which to try again."""
        ...


class Telemetry(Protocol):
    """Where facts about the work go: log lines and, later, metrics."""

    def event(self, name: str, **fields: object) -> None:
        """Record one fact under a fixed word."""
        ...

    def failure(self, name: str, error: BaseException, **fields: object) -> None:
        """Record a bug with the place it happened at, never with an SDK's own text."""
        ...


class Receipts(Protocol):
    """Where the record of a finished recreation is kept for people."""

    def keep(self, recreation: str, receipt: Mapping[str, Any]) -> None:
        """Keep one receipt; a later one of the same recreation replaces it."""
        ...


class Notifier(Protocol):
    """Where people are told what happens, away from the log. Never raises and never blocks."""

    def tell(self, notice: Notice) -> None:
        """Take one notice; whether and when it is delivered is none of the caller's business."""
        ...


class Tasks(Protocol):
    """The threads of a worker, as an argument, so that a simulator can own them."""

    def submit(self, work: Callable[[], None]) -> None:
        """Run `work` on the pool; it reports by `post`."""
        ...

    def post(self, item: object) -> None:
        """Hand something to the owner's thread."""
        ...

    def take(self, timeout: float | None) -> Iterable[object]:
        """Wait up to `timeout` seconds of the clock and return everything posted, in order."""
        ...


class Inventory(Protocol):
    """What recreations have made, kept and marked, for people who look."""

    def tagged(self) -> Holdings:
        """List everything of the region that carries the tag of some recreation."""
        ...


class Peek(Protocol):
    """A look into one queue that takes nothing out of it. May raise `Transient` or `Permanent`."""

    def peek(self, count: int) -> tuple[Glimpse, ...] | None:
        """Show up to `count` of the messages that nobody holds; None when there is no queue."""
        ...


class Addresses(Protocol):
    """Elastic addresses. Changes are accepted at once and take effect some seconds later."""

    def of_instance(self, instance_id: str) -> tuple[Address, ...]:
        """List the addresses that are bound to an instance itself, not to its interfaces."""
        ...

    def find(self, allocation: str) -> Address | None:
        """Describe one address."""
        ...

    def unassociate(self, allocation: str, instance_id: str, *, token: str) -> MoveAnswer:
        """Begin to unbind an address from this instance, and from no other."""
        ...

    def associate(self, allocation: str, instance_id: str, *, token: str) -> MoveAnswer:
        """Begin to bind a free address to an instance."""
        ...

    def convert(self, instance_id: str) -> MoveAnswer:
        """Turn the static public address of an instance into an elastic one that is bound to it.

        The answer names nothing: `of_instance` finds it. It costs money from then on.
        """
        ...

    def tag(self, allocation: str, tags: Tags) -> TagAnswer:
        """Add tags to an address; repeating it changes nothing."""
        ...


class Balancers(Protocol):
    """Members of classic (CLB), application (ALB) and network (NLB) load balancers.

    One change of a server group at a time: while the last one settles, the next is Transient.
    `Exists` means that the membership, or another request under this token, is there: look.
    """

    def members(self, server_ids: Sequence[str]) -> tuple[Member, ...] | NotInstalled:
        """Find every membership of these instances and network interfaces.

        Classic load balancers are remembered for some seconds, for the lookup costs several calls
        for each of them; a change through this port is seen at once.
        """
        ...

    def add(self, member: Member, *, token: str) -> MemberAnswer:
        """Begin to add a member. Classic load balancers take no token: look first."""
        ...

    def remove(self, member: Member, *, token: str) -> MemberAnswer:
        """Begin to take a member out; one that is not there any more is `Accepted`."""
        ...

    def pairs(self, balancer: str) -> tuple[Pair, ...] | NotInstalled:
        """List the primary/secondary groups of a classic load balancer, as they are now."""
        ...

    def make_pair(self, pair: Pair, *, tags: Tags) -> MemberAnswer:
        """Make such a group with these tags; nothing leads to it yet. No token: look first.

        Source: SLB CreateMasterSlaveServerGroup; no action changes the servers of one.
        """
        ...

    def lead(self, listener: str, pair: Pair) -> MemberAnswer:
        """Begin to lead a listener, such as `tcp/443`, to a group; repeating it changes nothing."""
        ...


class Interfaces(Protocol):
    """Network interfaces. Attaching and detaching take effect some seconds later."""

    def of_instance(self, instance_id: str) -> tuple[Interface, ...]:
        """List the interfaces of an instance, the primary one included."""
        ...

    def find(self, interface_ids: Sequence[str]) -> tuple[Interface, ...]:
        """Describe interfaces by id, up to 100; those that are gone are left out."""
        ...

    def keep(self, interface_id: str) -> MoveAnswer:
        """Make a secondary interface outlive its instance."""
        ...

    def release(self, interface_id: str) -> MoveAnswer:
        """Undo `keep`: the interface goes with its instance again."""
        ...

    def detach(self, interface_id: str, instance_id: str) -> MoveAnswer:
        """Begin to detach a secondary interface from this instance, and from no other."""
        ...

    def attach(self, interface_id: str, instance_id: str) -> MoveAnswer:
        """Begin to attach a free interface."""
        ...


class Commands(Protocol):
    """Scripts inside instances, run by the cloud's agent there, which may be missing."""

    def run(self, instance_id: str, script: Script, *, token: str, within: float) -> CommandAnswer:
        """Begin to run a script; the id in `Accepted` is the run's.

        Args:
            instance_id: A running instance.
            script: What to run, as the system's administrator.
            token: Client token.
            within: How long the call itself may take, seconds.
        """
        ...

    def result(self, run: str, instance_id: str, *, within: float) -> CommandResult | None:
        """Tell where a run stands; None while it does not show."""
        ...


class Probes(Protocol):
    """One try to reach a server from where the worker runs; what does not answer says why."""

    def tcp(self, address: str, port: int, *, within: float) -> str:
        """Connect, and return why that failed as a word; empty when it did not.

        Args:
            address: An address of the server.
            port: Where its service listens.
            within: How long the try may take, seconds.
        """
        ...

    def http(self, address: str, port: int, path: str, *, within: float) -> str:
        """Ask for a path, and return why the answer is not one of 200 to 399; empty when it is."""
        ...


class DiskMoves(Protocol):
    """Data disks on their way to another instance. Changes take effect some seconds later."""

    def find(self, disk_ids: Sequence[str]) -> tuple[Disk, ...]:
        """Describe disks by id, up to 100; those that are gone are left out."""
        ...

    def detach(self, disk_id: str, instance_id: str) -> MoveAnswer:
        """Begin to detach a disk from this instance; a free one is `Accepted`."""
        ...

    def attach(self, disk_id: str, instance_id: str, *, goes_with_instance: bool) -> MoveAnswer:
        """Begin to attach a free disk, as a data disk whatever it was.

        Args:
            disk_id: The disk.
            instance_id: An instance of the same zone.
            goes_with_instance: Whether the release of the instance is to take it along.
        """
        ...
