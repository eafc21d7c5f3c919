"""The sections of the configuration: every key with its default, its limits and what it means.

The descriptions are the source of the configuration reference and of the comments in `config.yaml`. A duration is a float
of seconds once it is read.
"""

from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StrictBool, StrictInt

from worker.settings.names import (
    HttpPath,
    InstanceId,
    ListenAddress,
    QueueName,
    RuleName,
    ScriptText,
    SnapshotPolicy,
    Tags,
    TypePattern,
    Url,
)
from worker.settings.units import Duration, Share, Size, Within

_VISIBILITY = "SMQ: visibility timeout 1 s to 12 h"


class Section(BaseModel):
    """A part of the configuration: frozen, and closed to keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Endpoints(Section):
    """Where the cloud's APIs are; what is not given is derived from account, region and network."""

    network: Literal["public", "vpc"] = Field(
        default="public",
        description="Which side of the cloud to call: `vpc` keeps ECS, VPC and queue traffic off the internet; "
        "EventBridge has no published address inside a VPC.",
    )
    ecs: Url | None = Field(default=None, description="Address of the ECS API.")
    vpc: Url | None = Field(
        default=None, description="Address of the VPC API (elastic IP addresses)."
    )
    eventbridge: Url | None = Field(
        default=None, description="Address of the EventBridge API; only `rule` calls it."
    )
    mns: Url | None = Field(
        default=None,
        description="Address of the queue's data plane. Regions differ in their internal host name: give it when "
        "the derived one does not resolve.",
    )
    mns_open: Url | None = Field(
        default=None, description="Address of the queue's control plane; only `rule` calls it."
    )
    slb: Url | None = Field(
        default=None, description="Address of the API of classic load balancers (CLB)."
    )
    alb: Url | None = Field(
        default=None, description="Address of the API of application load balancers."
    )
    nlb: Url | None = Field(
        default=None, description="Address of the API of network load balancers."
    )


class Queue(Section):
    """The queue that carries interruptions and the progress of recreations, and the queues beside it."""

    name: QueueName = Field(
        default="spot-interruptions", description="The queue that the worker polls."
    )
    dead_letter_name: QueueName = Field(
        default="spot-interruptions-dead",
        description="Where what cannot go on is parked, and what the queue itself gives up on; `dlq list` shows what is in it.",
    )
    delivery_dead_letter_name: QueueName = Field(
        default="spot-interruptions-undelivered",
        description="Where EventBridge puts an event that it could not deliver to the queue.",
    )
    lease: Annotated[Duration, Within("10s", "12h", whole=True, source=_VISIBILITY)] = Field(
        default=60.0,
        description="How long a received message stays invisible before it must be renewed. Shorter: a crash is noticed "
        "earlier. Longer: fewer renewals.",
    )
    long_poll: Annotated[
        Duration, Within("0s", "30s", whole=True, source="SMQ: wait 0 to 30 s")
    ] = Field(
        default=30.0,
        description="How long one receive waits for a message; every receive is billed, empty or not.",
    )
    retention: Annotated[
        Duration, Within("60s", "7d", whole=True, source="SMQ: retention 60 s to 7 d")
    ] = Field(
        default=604_800.0,
        description="How long the queues keep a message; then it is lost, whatever its state.",
    )
    max_receive_count: Annotated[StrictInt, Within(1, 10_000)] = Field(
        default=200,
        description="How often one message may be received before the queue moves it to the dead-letter queue. Must "
        "cover the hand-backs of a whole recreation: `config check` computes how many.",
    )
    receive_batch: Annotated[StrictInt, Within(1, 16, source="SMQ: 16 messages in a batch")] = (
        Field(default=16, description="How many messages one receive may bring.")
    )
    max_message_size: Annotated[
        Size, Within("1KiB", "64KiB", source="SMQ: message 1 to 64 KiB")
    ] = Field(
        default=65_536,
        description="Largest message the queues take; progress needs room beside the event.",
    )


class Select(Section):
    """Which spot instances are ours. Members of scaling groups and clusters are never selected."""

    tags: Tags = Field(
        default_factory=lambda: MappingProxyType({}),
        description="Tags that an instance must all have; null stands for any value; empty selects every spot instance.",
    )
    skip_tags: Tags = Field(
        default_factory=lambda: MappingProxyType({"spot-recreation:skip": None}),
        description="Tags of which one is enough to leave an instance alone; null stands for any value.",
    )


class Worker(Section):
    """How much one worker process does at a time, and how it stops."""

    concurrency: Annotated[StrictInt, Within(1, 64)] = Field(
        default=24,
        description="Calls to the cloud under way at a time; waiting recreations make none.",
    )
    held_max: Annotated[StrictInt, Within(1, 10_000)] = Field(
        default=5_000,
        description="Messages held at a time; beyond it the worker stops receiving.",
    )
    quota_share: Share = Field(
        default=0.8,
        description="How much of an API's quota the worker spends once the cloud has refused it: the quota belongs to "
        "the account, and other tools want some. Nobody needs to know the quota; it is learned, and for that the first "
        "whole minute is spent to its end.",
    )
    stop_within: Annotated[Duration, Within("1s", "5m")] = Field(
        default=10.0,
        description="How long a stop may take: calls under way end, then all held messages are handed back. Keep it "
        "below the supervisor's own limit.",
    )
    hand_back_every: Annotated[Duration, Within("1m", "24h")] = Field(
        default=600.0,
        description="In Function Compute: how long one invocation polls before it hands everything back and ends; less "
        "when the function's own timeout leaves less.",
    )
    hand_back_after: Annotated[Duration, Within("1s", "1h")] = Field(
        default=3.5,
        description="In Function Compute: a wait longer than this is left to the queue, so that nobody pays for it; a "
        "timer comes by. Polling workers hold what waits.",
    )
    connect_timeout: Annotated[Duration, Within("500ms", "60s")] = Field(
        default=5.0, description="Time to connect to an API of the cloud."
    )
    read_timeout: Annotated[Duration, Within("1s", "120s")] = Field(
        default=10.0,
        description="Time for an API of the cloud to answer; a long poll has its own time on top.",
    )
    own_instance_id: InstanceId | None = Field(
        default=None,
        description="The instance the worker runs on, which it never recreates; null asks the metadata service.",
    )


class Notice(Section):
    """What the cloud's notice of an interruption means in time. T0 is the moment of the notice."""

    length: Annotated[Duration, Within("60s", "1h")] = Field(
        default=300.0,
        description="From T0 to the release of the instance; about five minutes, says the cloud.",
    )
    false_alarm_after: Annotated[Duration, Within("60s", "24h")] = Field(
        default=600.0, description="An instance still running this long after T0 was a false alarm."
    )
    give_up_after: Annotated[Duration, Within("10m", "6d")] = Field(
        default=86_400.0,
        description="A recreation not finished this long after T0 is parked for a person.",
    )


class Quiesce(Section):
    """A command inside the source right before its image is begun, run by Cloud Assistant."""

    command: ScriptText | None = Field(
        default=None,
        description="The script, such as `sync`, or one that makes a database flush; null runs none, and the image is "
        "begun at once. It may run more than once, and the image is begun whatever becomes of it.",
    )
    shell: Literal["shell", "bat", "powershell"] = Field(
        default="shell",
        description="What runs the script: `shell` on Linux, the others on Windows.",
    )
    timeout: Annotated[Duration, Within("1s", "60s")] = Field(
        default=10.0,
        description="How long the image waits for it at most. The notice is about five minutes, and the image needs them.",
    )


class Image(Section):
    """Waiting for the image of the source."""

    poll_min: Annotated[Duration, Within("500ms", "60s")] = Field(
        default=1.0, description="Shortest pause between two looks at an image that is nearly done."
    )
    poll_max: Annotated[Duration, Within("1s", "10m")] = Field(
        default=30.0, description="Longest pause between two looks at an image that has far to go."
    )
    wait_max: Annotated[Duration, Within("5m", "24h")] = Field(
        default=7_200.0,
        description="An image not usable this long after it was accepted counts as failed.",
    )


class Clone(Section):
    """What the replacement is made of."""

    data_disks: Literal["image", "reattach"] = Field(
        default="image",
        description="`image` copies the data disks with the system disk. `reattach` images the system disk alone and "
        "moves the data disks themselves, once the source is down: sooner where they are large, with all that was "
        "written to the last, but only within the zone. Their lines in fstab need `nofail`.",
    )
    fallbacks: tuple[Literal["rescue", "stale-snapshot"], ...] = Field(
        default=(),
        description="What to boot from, in this order, when no image and no snapshot of this notice can be had: `rescue` "
        "takes the image that the source began with and attaches all its disks, `stale-snapshot` takes the newest "
        "automatic snapshot of its system disk. Either is told as degraded. Empty leaves it to a person.",
    )
    user_data: Literal["drop", "rerun"] = Field(
        default="drop",
        description="`rerun` gives the replacement the source's user data, which its first start then runs again; it "
        "travels encrypted under the signing key. `drop` gives it none: what it once did is in the image.",
    )


class Launch(Section):
    """When and as what the replacement starts."""

    takeover: Literal["stop-source", "overlap", "wait"] = Field(
        default="stop-source",
        description="`stop-source` stops the source once its image cannot be harmed, then launches; `overlap` launches "
        "while the source still runs; `wait` launches only after the platform has stopped the source.",
    )
    takeover_latest: Annotated[Duration, Within("30s", "1h")] = Field(
        default=240.0,
        description="From T0: from then on a usable image is launched from even while the source runs, because the "
        "platform's own stop may break the image.",
    )
    same_type_only: StrictBool = Field(
        default=False,
        description="Launch the source's instance type or nothing; false allows others of its memory.",
    )
    other_zones: StrictBool = Field(
        default=True,
        description="Launch in another zone of the region, with a new private address, when it must be.",
    )
    forbid_types: tuple[TypePattern, ...] = Field(
        default=(), description="Instance types never to launch, as shell patterns such as ecs.t*."
    )
    prefer_types: tuple[TypePattern, ...] = Field(
        default=(),
        description="Instance types to try first after the source's own, as shell patterns, in this order.",
    )
    families: tuple[TypePattern, ...] = Field(
        default=(),
        description="Families that a type other than the source's own may be of, as shell patterns such as ecs.g*; "
        "empty allows every family that fits.",
    )
    reclaimed_pool: Literal["last", "first"] = Field(
        default="last",
        description="Where the type and zone that have just reclaimed the source stand among the spot candidates: "
        "`last`, for they are short of stock or dear; `first` where private address, interfaces or disks must stay "
        "in the zone.",
    )
    max_price_percent: Annotated[StrictInt, Within(1, 100)] | None = Field(
        default=None,
        description="Most to pay for a spot replacement, as a percentage of the pay-as-you-go price; sent as the price "
        "limit. A candidate whose price the cloud does not tell is left out. Null keeps the source's own terms.",
    )
    pay_as_you_go_max: Annotated[StrictInt, Within(0, 1_000)] = Field(
        default=0,
        description="How many pay-as-you-go replacements of this owner may exist at a time; one is launched when all of "
        "spot is refused. 0 launches none. Counted by tag in the cloud; several recreations at the same instant can "
        "exceed it by their number.",
    )
    epochs_max: Annotated[StrictInt, Within(1, 10_000)] | None = Field(
        default=None,
        description="How often the whole list of candidates is tried before a recreation without stock is parked; null "
        "goes on until notice.give_up_after.",
    )
    epoch_pause: Annotated[Duration, Within("5s", "1h")] = Field(
        default=60.0, description="Pause before the same list of candidates is tried again."
    )
    vanish_after: Annotated[Duration, Within("30s", "1h")] = Field(
        default=200.0,
        description="A replacement that was accepted and is not seen this long has vanished; must be much longer than "
        "the cloud's describe calls lag.",
    )
    running_wait_max: Annotated[Duration, Within("1m", "6h")] = Field(
        default=900.0,
        description="A replacement seen but not running this long after it was accepted needs a person.",
    )


class Limits(Section):
    """What keeps a recreation from being repeated without end."""

    generations_per_day: Annotated[StrictInt, Within(0, 1_000)] = Field(
        default=12,
        description="How often an instance and its replacements may be recreated in 24 hours; the next one is parked with "
        "its disks and image kept, and a replay goes on. 0 is no limit. Counted by their images: keep "
        "cleanup.delete_after at 1d or more.",
    )


class Handover(Section):
    """What is carried over from the source to its replacement, once the source serves no more."""

    eip: StrictBool = Field(
        default=True, description="Bind the source's elastic addresses to the replacement."
    )
    load_balancers: StrictBool = Field(
        default=True,
        description="Put the replacement into the groups of CLB, ALB and NLB that the source is in, with port and "
        "weight, then take the source out; needs the extra `load-balancers`.",
    )
    interfaces: StrictBool = Field(
        default=False,
        description="Keep the source's secondary network interfaces and attach them to a replacement in the same zone; "
        "from then on they outlive their instance.",
    )
    tags: StrictBool = Field(
        default=True,
        description="Copy the tags of single disks and of the primary network interface.",
    )
    convert_public_ip: StrictBool = Field(
        default=False,
        description="Turn a static public address into an elastic one while the source lives, so that it can be "
        "carried over; an elastic address is billed by itself. It gets our tags, so that `sweep` lists it if it is left "
        "behind. Needs `eip`.",
    )
    private_ip: Literal["fast", "same_or_fast", "same_or_park"] = Field(
        default="fast",
        description="`fast` takes the private address that comes. The others wait until the release frees the "
        "source's own, in its vSwitch: `same_or_fast` goes on without it if it cannot be had, `same_or_park` "
        "leaves that to a person.",
    )


class Health(Section):
    """When a replacement counts as healthy; checked before traffic is handed over to it."""

    check: Literal["none", "tcp", "http", "command"] = Field(
        default="none",
        description="`tcp` connects to the port, `http` asks for the path there and wants an answer of 200 to 399, both "
        "from where the worker runs; `command` runs a script inside the replacement by Cloud Assistant, which is to "
        "end with 0; `none` takes Running for healthy.",
    )
    port: Annotated[StrictInt, Within(1, 65_535)] | None = Field(
        default=None, description="Port of the service, for `tcp` and `http`."
    )
    path: HttpPath = Field(default="/", description="What `http` asks for.")
    command: ScriptText | None = Field(default=None, description="The script of `command`.")
    shell: Literal["shell", "bat", "powershell"] = Field(
        default="shell",
        description="What runs the script: `shell` on Linux, the others on Windows.",
    )
    address: Literal["private", "elastic"] = Field(
        default="private",
        description="Which address `tcp` and `http` ask. `elastic` moves the elastic address first and checks before the "
        "rest; without one the private address is asked.",
    )
    every: Annotated[Duration, Within("1s", "5m")] = Field(
        default=5.0, description="Pause between two tries."
    )
    timeout: Annotated[Duration, Within("500ms", "30s")] = Field(
        default=3.0, description="How long one try may take."
    )
    within: Annotated[Duration, Within("10s", "6h")] = Field(
        default=300.0, description="How long the replacement may take to become healthy."
    )
    otherwise: Literal["hold", "proceed"] = Field(
        default="hold",
        description="What happens when it has not become healthy by then: `hold` hands nothing over and parks the "
        "recreation for a person, and a replay checks again; `proceed` hands over and says so in the receipt.",
    )


class Cleanup(Section):
    """What happens to what a recreation leaves behind."""

    delete_after: Annotated[Duration, Within("1h", "365d")] = Field(
        default=604_800.0,
        description="Age from which the image and snapshots of a finished recreation may be deleted; nothing deletes them by itself.",
    )


class Audit(Section):
    """What `audit` advises and `audit --fix` sets before an interruption comes."""

    snapshot_policy: SnapshotPolicy | None = Field(
        default=None,
        description="Id of an automatic snapshot policy of the region, given to disks that have none: after a first "
        "snapshot the next one, and so an image, copies only what has changed.",
    )
    captures: str | None = Field(
        default=None,
        description="Directory that `audit --record` writes to. The worker reads a source's capture there when the event "
        "comes too late to capture it; it has to be signed by us. Null reads none.",
    )


class Rule(Section):
    """The EventBridge rule that brings interruptions to the queue; `rule` sets it up."""

    bus: RuleName = Field(
        default="default", description="The event bus; the cloud's own events are on `default`."
    )
    name: RuleName = Field(default="spot-interruptions", description="Name of the rule.")
    target_id: RuleName = Field(
        default="spot-interruptions",
        description="Id of our target; other targets of the rule are left alone.",
    )
    base64: StrictBool = Field(
        default=True,
        description="Whether EventBridge encodes the body; the worker reads both. False keeps the console readable.",
    )
    retry: Literal["EXPONENTIAL_DECAY_RETRY", "BACKOFF_RETRY"] = Field(
        default="EXPONENTIAL_DECAY_RETRY",
        description="How EventBridge repeats a failed delivery: 176 times in a day, or 3 times in a minute.",
    )


class Receipts(Section):
    """The record of each recreation."""

    directory: str | None = Field(
        default=None,
        description="Directory for a JSON receipt per recreation; null writes them to the log only. Under systemd a worker may write nowhere but in /var/lib/aliyun-ops.",
    )
    html: StrictBool = Field(
        default=False,
        description="Write each receipt as a page for browsers, too, beside the JSON.",
    )


NotifyKind = Literal["started", "recovered", "degraded", "called_off", "parked", "quarantined"]


class Notify(Section):
    """Messages to people's phones. The channels' addresses hold secrets: ALIYUN_OPS_NOTIFY_URLS or a file has them."""

    kinds: tuple[NotifyKind, ...] = Field(
        default=("started", "recovered", "degraded", "called_off", "parked", "quarantined"),
        description="What is told: an interruption that began, ended well, ended with something not kept, was a false "
        "alarm (called_off), stopped for a person (parked), or made a replacement too many (quarantined).",
    )
    language: Literal["en", "zh"] = Field(
        default="en", description="Language of the messages: English or Chinese."
    )
    urls_file: str | None = Field(
        default=None,
        description="File with one channel address per line, as apprise writes them (dingtalk://, feishu://, "
        "wecombot://, slack://, mailto://, json://), beside those of ALIYUN_OPS_NOTIFY_URLS. Try them with "
        "`aliyun-ops notify test`.",
    )


class Monitor(Section):
    """What a worker tells over HTTP: `/metrics` for Prometheus, `/healthz` and `/readyz` for a supervisor."""

    listen: ListenAddress | None = Field(
        default=None,
        description="Address and port to listen on, such as 127.0.0.1:9464; null listens nowhere. The second worker of a "
        "host (`aliyun-ops run --number 2`, `aliyun-ops@2`) takes the next port, and so on. There is no password: "
        "an address that others can reach shows them the figures, and nothing of yours beside figures.",
    )


class Clock(Section):
    """Where the worker reads the time."""

    emulator: Url | None = Field(
        default=None,
        description="Address of an emulator whose virtual time is used; only together with endpoints on this machine.",
    )


class Log(Section):
    """What is logged, and how it looks."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least level that is logged."
    )
    format: Literal["auto", "json", "text"] = Field(
        default="auto",
        description="`json`: one object per line; `text`: for people; `auto`: text on a terminal only.",
    )


class Secrets(Section):
    """What must never stand in a file; read from the environment, shown nowhere."""

    signing_key: SecretStr | None = None
    signing_key_previous: SecretStr | None = None
    notify_urls: tuple[SecretStr, ...] = ()
