"""What no public document settles: one field per open fact, each with its source.

The product must keep its promises with any single field flipped; `FLIPS` names the other values.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Assumptions:
    """The reading that this emulator takes of each undocumented behaviour."""

    # How long ECS remembers a client token. Source: "How to ensure idempotence" gives no period.
    client_token_seconds: float = 3600.0
    # Whether a refusal for lack of stock is remembered with its token. Source: the same page
    # advises a new token after a stock failure.
    refusals_stick_to_token: bool = True
    # Seconds until a created resource shows up in describe calls and tag filters. Unpublished.
    describe_lag_seconds: float = 2.0

    # Whether a failed EventBridge call answers HTTP 200 with Success false, or HTTP 409. Sources:
    # the Terraform plug-in reads Code from good answers; Apache RocketMQ EventBridge has 409.
    eventbridge_failures_are_http_200: bool = True
    # Code of CreateRule for a name that is taken. Source: Apache RocketMQ EventBridge; the
    # provider's own pages name none.
    eventbridge_duplicate_rule_code: str = "EventRuleAlreadyExist"
    # Seconds until EnableRule, DisableRule or UpdateRule's Status is seen and acted on. Source:
    # the Terraform plug-in polls GetRule for it; no figure is published.
    rule_status_lag_seconds: float = 5.0
    # Whether rule names take underscores. Source: "Limits" names letters, digits and hyphens;
    # Apache RocketMQ EventBridge takes them too.
    rule_names_take_underscore: bool = False
    # Whether plain values count towards the five expressions of a field. Source: CreateRule,
    # FilterPattern, says "expression" only.
    pattern_values_count: bool = True
    # Whether values of a pattern are compared by their text, so that 300 is "300" and not 300.0, and
    # an array matches only when all its members are plain. Source: older editions of "Event
    # patterns" compare numbers as texts, later ones do not say; Apache RocketMQ EventBridge does.
    pattern_compares_text: bool = False
    # Whether GetRule returns the pattern reformatted or as it was sent. Unpublished.
    filter_pattern_reformatted: bool = True
    # Whether the `queue` parameter of a queue target names the queue, or its Endpoint. Source:
    # "Event target parameters" gives both without saying which wins.
    queue_param_wins: bool = True
    # Seconds from publishing an event to its arrival in the queue. No figure is published.
    event_delivery_seconds: float = 1.0
    # How often each event is delivered. Source: "Event overview" says that an event may be sent
    # again under the same id, not how often.
    event_copies: int = 1
    # Whether a variable of a template becomes empty when its path matches nothing, or stays as
    # written. Source: "Event transformation", Common issues, says empty; Apache RocketMQ
    # EventBridge leaves it.
    template_miss_is_empty: bool = True
    # Whether a target's dead-letter queue gets the event as Base64. Source: the pages say that
    # the raw event is stored, not how it is encoded.
    dead_event_is_base64: bool = False
    # When a message that was received too often moves: "receive" = instead of its next delivery,
    # "lease_end" = as soon as its last lease ends. Source: SMQ "Dead-letter queue" is silent.
    smq_dlq_move: str = "receive"
    # Deliveries allowed beyond MaxReceiveCount. Source: the same page says both "exceeds" and
    # "reaches" the maximum.
    smq_dlq_extra_deliveries: int = 0
    # Whether user properties survive the move. Source: no page; the message itself is said to move.
    smq_dlq_keeps_user_properties: bool = True
    # Whether the three DLQ system properties are stamped on the move. Source: named in the official
    # SDKs' list of system properties, described nowhere.
    smq_dlq_stamps_origin: bool = True
    # Whether DequeueCount starts again in the dead-letter queue. Source: no page.
    smq_dlq_resets_dequeue_count: bool = True
    # Whether EnqueueTime stays that of the first send. Source: "Dead-letter queue" says only that
    # retention counts both queues together.
    smq_dlq_keeps_enqueue_time: bool = True
    # Refusal of a handle that expired or whose message is deleted. Source: "QueueMessage" says
    # MessageNotExist, "DeleteMessage" lists ReceiptHandleError.
    smq_dead_handle_code: str = "MessageNotExist"
    # Refusal of a handle that a newer receive or change replaced. Source: the same pages.
    smq_superseded_handle_code: str = "ReceiptHandleError"
    # Whether deleting a queue that is not there is refused. Source: "DeleteQueue" names only 204.
    smq_delete_missing_queue_fails: bool = True
    # How long the name of a deleted queue cannot be used. Source: "Error codes",
    # QueueDeletedRecently, gives no period.
    smq_deleted_recently_seconds: float = 60.0
    # Whether settings that CreateQueue leaves out are compared (as defaults) with those of an
    # existing queue. Source: "CreateQueue" says "the same attributes".
    smq_create_compares_defaults: bool = True
    # Whether message counts read zero. Source: "GetQueueAttributes" announces it.
    smq_counts_read_zero: bool = True
    # How far apart in arrival two messages may change places. Source: "Queues are not ordered".
    smq_order_jitter_seconds: float = 1.0
    # Whether Priority still ranks messages. Source: the newest "SendMessage" no longer lists it.
    smq_priority_counts: bool = True
    # Whether a property may be empty. Source: "Message properties" gives only the upper limit.
    smq_accepts_empty_property_values: bool = False
    # Whether the limit of 50 properties includes system properties. Source: the same page.
    smq_property_limit_covers_system: bool = True
    # Whether MessageBodyMD5 differs from the body's digest when there are user properties.
    # Source: recordings of the real service; the formula is not public.
    smq_md5_covers_properties: bool = True
    # Whether a wrong Content-MD5 is refused. Source: "Error codes", InvalidDegist; official SDKs
    # send a form that the protocol page does not describe, so both forms pass.
    smq_checks_content_md5: bool = True
    # HTTP status of a batch send of which a part failed. Source: "BatchSendMessage" gives none.
    smq_batch_send_failure_status: int = 500
    # Whether RAM checks a batch operation under its own name, mns:BatchReceiveMessage, or under that
    # of the single one. Source: "RAM policies" and the operations' own pages contradict each other.
    smq_batch_actions_are_own: bool = True
    # Code of mns-open for a queue that is not there. Source: not listed; three spellings are in use
    # by published clients.
    mns_open_not_found_code: str = "QueueNotExist"

    # Whether calls are counted by the calendar minute, or drip from a bucket of the same size.
    # Source: "API throttling" says the minute; field reports of some APIs read like a bucket.
    ecs_throttle: str = "minute"
    # HTTP status of a dry run that passed. Source: RunInstances, DryRun, names the error code
    # DryRunOperation and no status.
    dry_run_status: int = 400
    # Whether ModifyDiskAttribute works on disks of an instance under the Recycling lock. Source:
    # ModifyDiskAttribute names only the security lock.
    modify_disk_while_recycling: bool = True
    # The same for CreateImage and CreateSnapshot. Source: CreateImage wants Running or Stopped
    # and names only the security lock; a 2024 use case does it on the interruption event.
    create_image_while_recycling: bool = True
    # The same for StopInstance. Source: StopInstance does not mention the lock.
    stop_while_recycling: bool = True
    # The same for RunCommand. Source: its page wants Running and does not mention the lock.
    run_command_while_recycling: bool = True
    # The same for detaching disks and interfaces and unbinding an EIP. Source: the same silence.
    detach_while_recycling: bool = True
    # Seconds between the platform's own orderly stop and the release; None: no stop. Source:
    # "Query the interruption events" prints a Recycling instance that is Stopped.
    platform_stop_lead_seconds: float | None = 10.0
    # Whether a running image or snapshot outlives StopInstance and RebootInstance. Source:
    # CreateSnapshot: a change of the instance's status makes the creation fail.
    image_survives_stop: bool = False
    # Whether it outlives the platform's own stop before the release. Source: the same sentence.
    image_survives_platform_stop: bool = False
    # Whether a running image outlives the release when its disks are kept. Source: only the
    # opposite case is documented: an unfinished snapshot dies with its disk.
    image_survives_release: bool = True
    # Whether running snapshots of kept disks outlive the release. Source: the same.
    kept_disk_snapshots_finish: bool = True
    # When Usable turns true: "with_available", "early" (seconds after the start, ESSD disks
    # only) or "late" (after Available). Source: DescribeImages, Usable; the Terraform provider's
    # commit and pull request that began to wait for it contradict each other.
    image_usable: str = "with_available"
    # Whether CreateImage takes a snapshot that is Available but not accomplished. Source:
    # CreateSnapshot says accomplished; "Instant access" is silent.
    image_from_available_snapshot: bool = False
    # Whether the tags of CreateImage reach the snapshots it makes. Source: CreateImage, Tag.
    image_tags_reach_snapshots: bool = False
    # Whether the tags of RunInstances reach disks and primary interface. Source: RunInstances,
    # Tag.N.Key, in the older text only.
    launch_tags_reach_disks: bool = True
    # Category of disks that RunInstances and DescribeAvailableResource are not told. Source:
    # their pages say cloud_efficiency; since 2026-01-30 the China site says cloud_essd.
    default_disk_category: str = "cloud_efficiency"
    # Whether Memory of DescribeAvailableResource means exactly or at least. Unpublished.
    memory_filter_exact: bool = True
    # Seconds until the private address of a deleted interface can be taken again. Unpublished.
    private_ip_free_after_seconds: float = 30.0
    # Whether a launch that is deleted for lack of stock is announced by SystemFailure.Delete.
    # Source: RunInstances says so, not that it always happens.
    vanish_announced: bool = True
    # `data.action` of the interruption of an instance in economical mode. Source: the pages
    # know `delete` only.
    economical_action: str = "delete"
    # Whether an instance in economical mode loses its Recycling lock once it is stopped, so
    # that StartInstance can be tried. Source: "Retain data after reclamation" lets one restart.
    economical_lock_ends: bool = True

    # Seconds until a released server leaves the server groups that name it; None: it stays in
    # them. Source: "Backend servers" of CLB and "Server groups" of ALB and NLB do not mention it.
    balancer_forgets_seconds: float | None = 5.0
    # Whether ServerId of DescribeLoadBalancers finds a CLB of which only a vServer group names the
    # server. Source: its page says "added to the CLB instance".
    clb_filter_covers_groups: bool = False
    # Whether adding a member of a CLB again is refused. Source: AddBackendServers says that an
    # error is returned, not which; older pages do not mention it.
    clb_adding_twice_fails: bool = True
    # Whether ListServerGroupServers needs a server group. Source: ALB's and NLB's pages mark it as
    # optional and do not say what is listed without it.
    server_list_needs_group: bool = False
    # Whether ConvertNatPublicIpToEip works under the Recycling lock. Source: it wants Running or
    # Stopped and does not mention the lock.
    convert_while_recycling: bool = True


FLIPS: Mapping[str, tuple[Any, ...]] = {
    "client_token_seconds": (120.0,),
    "refusals_stick_to_token": (False,),
    "describe_lag_seconds": (0.0, 10.0),
    "eventbridge_failures_are_http_200": (False,),
    "eventbridge_duplicate_rule_code": ("EventRuleExisted",),
    "rule_status_lag_seconds": (0.0, 60.0),
    "rule_names_take_underscore": (True,),
    "pattern_values_count": (False,),
    "pattern_compares_text": (True,),
    "filter_pattern_reformatted": (False,),
    "queue_param_wins": (False,),
    "event_delivery_seconds": (0.0, 30.0),
    "event_copies": (2,),
    "template_miss_is_empty": (False,),
    "dead_event_is_base64": (True,),
    "smq_dlq_move": ("lease_end",),
    "smq_dlq_extra_deliveries": (-1, 1),
    "smq_dlq_keeps_user_properties": (False,),
    "smq_dlq_stamps_origin": (False,),
    "smq_dlq_resets_dequeue_count": (False,),
    "smq_dlq_keeps_enqueue_time": (False,),
    "smq_dead_handle_code": ("ReceiptHandleError",),
    "smq_superseded_handle_code": ("MessageNotExist",),
    "smq_delete_missing_queue_fails": (False,),
    "smq_deleted_recently_seconds": (0.0, 600.0),
    "smq_create_compares_defaults": (False,),
    "smq_counts_read_zero": (False,),
    "smq_order_jitter_seconds": (0.0, 60.0),
    "smq_priority_counts": (False,),
    "smq_accepts_empty_property_values": (True,),
    "smq_property_limit_covers_system": (False,),
    "smq_md5_covers_properties": (False,),
    "smq_checks_content_md5": (False,),
    "smq_batch_send_failure_status": (400,),
    "smq_batch_actions_are_own": (False,),
    "mns_open_not_found_code": ("ResourceNotFound:QueueName", "RESOURCE_NOT_FOUND"),
    "ecs_throttle": ("bucket",),
    "dry_run_status": (403, 412),
    "modify_disk_while_recycling": (False,),
    "create_image_while_recycling": (False,),
    "stop_while_recycling": (False,),
    "run_command_while_recycling": (False,),
    "detach_while_recycling": (False,),
    "platform_stop_lead_seconds": (None, 60.0),
    "image_survives_stop": (True,),
    "image_survives_platform_stop": (True,),
    "image_survives_release": (False,),
    "kept_disk_snapshots_finish": (False,),
    "image_usable": ("early", "late"),
    "image_from_available_snapshot": (True,),
    "image_tags_reach_snapshots": (True,),
    "launch_tags_reach_disks": (False,),
    "default_disk_category": ("cloud_essd",),
    "memory_filter_exact": (False,),
    "private_ip_free_after_seconds": (0.0, 600.0),
    "vanish_announced": (False,),
    "economical_action": ("stop",),
    "economical_lock_ends": (False,),
    "balancer_forgets_seconds": (None, 0.0, 600.0),
    "clb_filter_covers_groups": (True,),
    "clb_adding_twice_fails": (False,),
    "server_list_needs_group": (True,),
    "convert_while_recycling": (False,),
}
