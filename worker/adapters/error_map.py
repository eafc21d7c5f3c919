"""The table: what each provider code means to a message that is being worked on.

Rules of this file
1. Data and one function. Whoever meets a new code adds it here and nowhere else.
2. A code is matched exactly; where the cloud uses one code for several things, together with a
   fragment of its message. Rows of one action come before rows of every action, exact rows before
   prefixes.
3. An answer with a 5xx status tells nothing about the effect, whatever its code says; the few
   exceptions are named. A 4xx answer is definite, except those that say that the same request is
   still being worked on, or has come before.
4. A code without a row is a 4xx nobody has met: PERMANENT, except for RunInstances, where the next
   candidate may do, and for the statuses of a time that ran out and of a rate. `is_known` is False, and the caller asks for a row in the log.

Sources: the error tables of the API references of ECS (2014-05-26), VPC (2016-04-28), the load
balancers (SLB 2014-05-15, ALB 2020-06-16, NLB 2022-04-30) and SMQ, "API throttling" and "How to
ensure idempotence" of ECS, and the retry lists of the Terraform provider.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final, NamedTuple

from worker.core.diagnosis import Trouble


class Kind(Enum):
    """What a refusal asks of the caller."""

    BUSY = "not taken now; the same request again later"
    THROTTLED = "refused for rate"
    UNKNOWN = "nobody knows whether it took effect; the same request, same token, again"
    NOT_READY = "definitely refused until a state changes"
    NO_STOCK = "definitely refused; another type or zone may do"
    OVER_QUOTA = "no room in the quota; what still counts may leave some"
    UNSUPPORTED = "definitely refused for one optional parameter"
    EXISTS = "name or token is taken; look it up"
    GONE = "the thing to act on is not there"
    DONE = "it is in the wanted state already"
    REFUSED = "cannot be done to this resource, whoever asks"
    UNAUTHENTICATED = "the cloud does not know the caller"
    PERMANENT = "a person must act"


@dataclass(frozen=True, slots=True)
class Meaning:
    """One row's right side.

    Attributes:
        kind: What to do.
        parameter: For UNSUPPORTED, the request parameter to leave out.
        advice: A sentence for a person.
        is_known: False when no row matched.
        why: What is behind it in a few words, for readers of another language than the code's; where
            there are none, those of the kind say it.
    """

    kind: Kind
    parameter: str = ""
    advice: str = ""
    is_known: bool = True
    why: str = ""


_BUSY: Final = Meaning(Kind.BUSY)
_UNKNOWN: Final = Meaning(Kind.UNKNOWN)
_THROTTLED: Final = Meaning(Kind.THROTTLED)
_NOT_READY: Final = Meaning(Kind.NOT_READY)
_NO_STOCK: Final = Meaning(Kind.NO_STOCK)
_NOT_OFFERED: Final = Meaning(Kind.NO_STOCK, why="this type is not offered there for this")
_NO_DISKS: Final = Meaning(Kind.NO_STOCK, why="disks of this category are not offered there")
_TOO_DEAR: Final = Meaning(Kind.NO_STOCK, why="the price there is above the limit")
_TOO_MUCH: Final = Meaning(Kind.NO_STOCK, why="more than there is room for")
_OVER_QUOTA: Final = Meaning(Kind.OVER_QUOTA)
_EXISTS: Final = Meaning(Kind.EXISTS)
_GONE: Final = Meaning(Kind.GONE)
_DONE: Final = Meaning(Kind.DONE)
_REFUSED: Final = Meaning(Kind.REFUSED)


class _Group(NamedTuple):
    """Codes of one meaning in one action; a code that ends in `*` is a prefix."""

    action: str
    meaning: Meaning
    codes: str


def _drop(parameter: str) -> Meaning:
    return Meaning(Kind.UNSUPPORTED, parameter=parameter)


def _person(advice: str, why: str) -> Meaning:
    return Meaning(Kind.PERMANENT, advice=advice, why=why)


_PERMISSION: Final = _person(
    "Grant the worker's role this action (deploy/ram), then replay.", "the permission is missing"
)
_ACCOUNT: Final = _person(
    "Settle the account (balance, verification, risk control), then replay.",
    "the account is restricted",
)
_QUOTA: Final = _person(
    "Raise the quota in Quota Center or delete what is not needed, then replay.",
    "the quota is used up",
)
_LOCKED: Final = _person(
    "The resource is locked for security; lift the lock, then replay.", "locked for security"
)
_SPOT_TERMS: Final = _person(
    "The account may not use these spot terms; change them, then replay.",
    "these spot terms are not for this account",
)
_IMAGE_LOST: Final = _person(
    "The image cannot be launched from; look at it in the console.",
    "the image cannot be launched from",
)
_NETWORK_LOST: Final = _person(
    "A security group or subnet of the source is gone; name another.",
    "the security group or subnet is gone",
)
_ROLE: Final = _person(
    "The RAM role of the source cannot be used; check it and ram:PassRole.",
    "the RAM role cannot be used",
)
_ENCRYPTION: Final = _person(
    "The encryption key cannot be used; enable it for ECS, then replay.",
    "the encryption key cannot be used",
)
_SHAPE: Final = _person(
    "The cloud does not understand the request; report it with this code.",
    "the cloud does not understand the request",
)
_QUEUE_LOST: Final = _person(
    "Create the queue or correct its name in the configuration.", "there is no such queue"
)
_REGION_LOST: Final = _person(
    "There is no such region; correct `region` in the configuration.", "there is no such region"
)
_CREDENTIALS: Final = Meaning(
    Kind.UNAUTHENTICATED, advice="Check the worker's credentials; the cloud refuses them."
)
_CLOCK: Final = Meaning(
    Kind.BUSY,
    advice="Check the clock of this machine.",
    why="the clock of this machine is wrong",
)
_EXPIRED: Final = Meaning(Kind.BUSY, why="the token has expired")

# What is behind a refusal whose row does not say it.
_WHY: Final = {
    Kind.BUSY: "busy with something else",
    Kind.THROTTLED: "too many requests",
    Kind.UNKNOWN: "the cloud does not say whether it was done",
    Kind.NOT_READY: "its state does not allow it yet",
    Kind.NO_STOCK: "not to be had there now",
    Kind.OVER_QUOTA: "the quota of vCPUs is used up",
    Kind.EXISTS: "the name or token is taken",
    Kind.GONE: "it does not exist",
    Kind.DONE: "it is so already",
    Kind.REFUSED: "this resource does not take it",
    Kind.UNAUTHENTICATED: "the cloud does not accept the credentials",
}

# A worker gets fresh ones; whoever looks once is told.
_TOKEN_EXPIRED: Final = ("InvalidSecurityToken.Expired", "SecurityTokenExpired")
RUN_INSTANCES: Final = "RunInstances"
CREATE_IMAGE: Final = "CreateImage"
CREATE_SNAPSHOT: Final = "CreateSnapshot"
ANY_ACTION: Final = ""
# Load balancer actions are written with their product, for ALB and NLB share their names.
CLASSIC_ADDS: Final = (
    "slb:AddBackendServers",
    "slb:AddVServerGroupBackendServers",
    "slb:CreateMasterSlaveServerGroup",
)
CLASSIC_GROUP_ACTIONS: Final = (
    "slb:DescribeVServerGroupAttribute",
    "slb:AddVServerGroupBackendServers",
    "slb:RemoveVServerGroupBackendServers",
)
PAIR_ACTIONS: Final = (
    "slb:DescribeMasterSlaveServerGroupAttribute",
    "slb:SetLoadBalancerTCPListenerAttribute",
    "slb:SetLoadBalancerUDPListenerAttribute",
    "slb:DeleteMasterSlaveServerGroup",
)
CLASSIC_ACTIONS: Final = (
    *CLASSIC_GROUP_ACTIONS,
    "slb:AddBackendServers",
    "slb:RemoveBackendServers",
    "slb:DescribeLoadBalancerAttribute",
    "slb:DescribeVServerGroups",
    "slb:DescribeMasterSlaveServerGroups",
    "slb:CreateMasterSlaveServerGroup",
    *PAIR_ACTIONS,
)
GROUP_ADDS: Final = ("alb:AddServersToServerGroup", "nlb:AddServersToServerGroup")
GROUP_REMOVES: Final = ("alb:RemoveServersFromServerGroup", "nlb:RemoveServersFromServerGroup")
GROUP_LISTS: Final = ("alb:ListServerGroupServers", "nlb:ListServerGroupServers")

# What a status says by itself where no row knows the code: it is no answer to what was asked.
# Source: RFC 9110 (408), RFC 6585 (429).
_BY_STATUS: Final = {
    408: Meaning(Kind.UNKNOWN, advice="Unknown code; it needs a row in the table.", is_known=False),
    429: Meaning(
        Kind.THROTTLED, advice="Unknown code; it needs a row in the table.", is_known=False
    ),
}
# Definite in spite of its status. Source: ECS RunInstances, HTTP 500 InvalidImage.OSType.
_DEFINITE_AT_500: Final = frozenset({"InvalidImage.OSType"})

_GROUPS: Final = (
    # -- every action --------------------------------------------------------------------------
    # Source: "API throttling" of ECS; SMQ "Error codes".
    _Group(
        ANY_ACTION, _THROTTLED, "Throttling* Rejected.Throttling TooManyRequests QpsLimitExceeded"
    ),
    # Source: "How to ensure idempotence" of ECS; SMQ "Error codes"; RunInstances, HTTP 403.
    _Group(
        ANY_ACTION,
        _UNKNOWN,
        "InternalError* InternalServerError ServiceUnavailable Mayi.InternalError"
        " NodeControllerUnavailable",
    ),
    # A request with this token is still being worked on, perhaps our own lost one.
    _Group(
        ANY_ACTION,
        _UNKNOWN,
        "Idempotence.Processing IdempotenceProcessing IdempotentProcessing LastTokenProcessing"
        " ProcessingSameRequest",
    ),
    # The same request has come before, repeated on its way: nobody knows the first one's answer.
    # Source: "Error codes" of Mobile Push; alibaba-cloud-sdk-go, issue 39.
    _Group(ANY_ACTION, _UNKNOWN, "SignatureNonceUsed"),
    # Source: "How to ensure idempotence"; CreateImage, HTTP 403 InvalidParamter.Conflict (sic).
    _Group(ANY_ACTION, _EXISTS, "Idempoten* InvalidClientToken.ValueNotSupported"),
    # Source: error tables of ECS, VPC and the load balancers; Terraform provider, retry lists.
    _Group(
        ANY_ACTION,
        _BUSY,
        "OperationConflict Operation.Conflict InvalidOperation.Conflict"
        " OperationDenied.CreatingConflict OperationDenied.ResourceControl TaskConflict"
        " IncorrectEipStatus SystemBusy IncorrectStatus* VServerGroupProcessing"
        " ServiceIsConfiguring ServiceIsStopping BackendServer.configuring Conflict.Lock"
        " OperationFailed.ResourceIsConfiguring OperationFailed.SystemBusy",
    ),
    # The token ran out before the provider noticed; it refreshes by itself.
    _Group(ANY_ACTION, _EXPIRED, " ".join(_TOKEN_EXPIRED)),
    _Group(ANY_ACTION, _CLOCK, "TimeExpired IllegalTimestamp InvalidTimeStamp.Expired"),
    # Source: ECS CreateImage, AttachDisk and network interface error tables.
    _Group(
        ANY_ACTION,
        _NOT_READY,
        "IncorrectDiskStatus* IncorrectInstanceStatus*"
        " QuotaExceed.ConcurrentSnapshotQuota TooManySnapshot.Unfinished SnapshotNotReady"
        " InvalidSnapshotId.NotReady IncorrectVSwitchStatus IncorrectVpcStatus"
        " InvalidOperation.InvalidEniState InvalidOperation.InvalidEcsState",
    ),
    _Group(
        ANY_ACTION,
        _GONE,
        "InvalidInstanceId.NotFound InvalidDiskId.NotFound InvalidDisk.NotFound"
        " InvalidSnapshotId.NotFound InvalidResourceId.NotFound InvalidAllocationId.NotFound"
        " InvalidEniId.NotFound InvalidEcsId.NotFound InvalidInstanceStatus.Released",
    ),
    _Group(ANY_ACTION, _DONE, "DryRunOperation InvalidDisk.AlreadyDetached"),
    # Source: RAM and account codes common to all RPC products.
    _Group(
        ANY_ACTION,
        _PERMISSION,
        "Forbidden* Forbbiden NoPermission* InvalidUser.PassRoleForbidden"
        " UserNotInTheWhiteList AccessDenied",
    ),
    _Group(
        ANY_ACTION,
        _ACCOUNT,
        "InvalidAccountStatus* InsufficientBalance Account.Arrearage InvalidPayMethod"
        " PaymentMethodNotFound RealNameAuthenticationError SecurityRisk.3DVerification"
        " Forbidden.RiskControl",
    ),
    _Group(
        ANY_ACTION, _QUOTA, "QuotaExceed* QuotaExceeded* QuotaExceed.Image QuotaExceed.Snapshot"
    ),
    _Group(ANY_ACTION, _LOCKED, "InstanceLockedForSecurity DiskLockedForSecurity"),
    _Group(ANY_ACTION, _ENCRYPTION, "InvalidParameter.KMSKeyId* InvalidEncrypted*"),
    _Group(ANY_ACTION, _SHAPE, "Missing*"),
    # Source: ECS DescribeInstances, HTTP 404.
    _Group(ANY_ACTION, _REGION_LOST, "InvalidRegionId.NotFound InvalidRegionId"),
    _Group(
        ANY_ACTION,
        _CREDENTIALS,
        "Signature* InvalidAccessKeyId* InvalidSecurityToken* IncompleteSignature"
        " InvalidCredentials MissingAuthorizationHeader InvalidAuthorizationHeader",
    ),
    # -- CreateImage ---------------------------------------------------------------------------
    _Group(CREATE_IMAGE, _EXISTS, "InvalidImageName.Duplicated InvalidParamter.Conflict"),
    # Nobody can mend these while the notice runs: the image is not to be had from this source.
    _Group(
        CREATE_IMAGE,
        _REFUSED,
        "InvalidDiskCategory.CreateImage InvalidOperation.DiskCategoryUnsupported"
        " InvalidInstance.NotFoundSystemDisk OperationDenied IncorrectDiskStatus.NeverAttached"
        " IncorrectDiskStatus.Invalid IncorrectInstanceStatus.NeedRestart"
        " HibernationConfigured* InvalidParameter.DiskType",
    ),
    _Group(CREATE_IMAGE, _PERMISSION, "InvalidResourceGroup.NotFound"),
    # -- CreateSnapshot ------------------------------------------------------------------------
    # Source: its error table; the whole instance may still be imaged.
    _Group(
        CREATE_SNAPSHOT,
        _REFUSED,
        "IncorrectDiskType.NotSupport IncorrectDiskStatus.NeverAttached OperationDenied"
        " QuotaExceed.Snapshot",
    ),
    # -- RunInstances: another type, zone or subnet may do ---------------------------------------
    _Group(
        RUN_INSTANCES,
        _NO_STOCK,
        "OperationDenied OperationDenied.NoStock Zone.NotOnSale Zone.NotOpen"
        " OperationDenied.ZoneNotAllowed OperationDenied.PaygNotAvailable SystemFailure.Delete",
    ),
    _Group(
        RUN_INSTANCES,
        _NOT_OFFERED,
        "InvalidResourceType.NotSupported InstanceType.Offline InvalidInstanceType.NotSupported"
        " InvalidInstanceType.ValueNotSupported InvalidInstanceType.ValueUnauthorized"
        " InvalidInstanceType.ZoneNotSupported"
        " InvalidInstanceType.ElasticNetworkInterfaceNotSupported ImageNotSupportInstanceType"
        " InvalidParameter.Conflict InvalidParameter.Mismatch InvalidImage.OSType"
        " EnterpriseGroupLimited.InstanceType",
    ),
    _Group(
        RUN_INSTANCES,
        _NO_DISKS,
        "InvalidInstanceType.NotSupportDiskCategory InvalidDiskCategory.NotSupported"
        " InvalidDiskCategory.Mismatch CategoryNotSupported"
        " InvalidSystemDiskCategory.ValueNotSupported OperationDenied.CloudSSDNotSupported"
        " OperationDenied.ZoneSystemCategoryNotMatch",
    ),
    _Group(
        RUN_INSTANCES,
        _TOO_DEAR,
        "InvalidSpotPriceLimit.LowerThanPublicPrice OperationDenied.SpotPriceLowerThanPublicPrice",
    ),
    _Group(
        RUN_INSTANCES,
        _TOO_MUCH,
        "QuotaExceeded.PrivateIpAddress InvalidVSwitchId.IpInvalid QuotaExceed.DiskCapacity"
        " QuotaExceeded.PostpaidDataDiskCapacity InstanceDiskNumLimitExceed"
        " InstanceDiskLimitExceeded MaxEni* InvalidOperation.PublicIpAddressNoStock",
    ),
    # Source: RunInstances, HTTP 403: the vCPU quota, which the source counts against until it is gone.
    _Group(RUN_INSTANCES, _OVER_QUOTA, "QuotaExceed.ElasticQuota QuotaExceeded.ElasticQuota"),
    # -- RunInstances: one optional parameter is the trouble -------------------------------------
    _Group(RUN_INSTANCES, _drop("CreditSpecification"), "InvalidParameter.CreditSpecification"),
    _Group(RUN_INSTANCES, _drop("CpuOptions"), "InvalidParam.CpuOptions*"),
    _Group(
        RUN_INSTANCES,
        _drop("DeploymentSetId"),
        "QuotaExceed.DeploymentSetInstanceQuotaFull DeploymentSet.NotFound"
        " InvalidDeploymentSetId.NotFound InvalidParameter.DeploymentSetGroupNo"
        " InvalidDestinationZone.DeploymentSetMismatch",
    ),
    _Group(RUN_INSTANCES, _drop("AutoSnapshotPolicyId"), "InvalidAutoSnapshotPolicyId.NotFound"),
    _Group(RUN_INSTANCES, _drop("KeyPairName"), "InvalidKeyPairName.NotFound"),
    _Group(RUN_INSTANCES, _drop("UserData"), "InvalidUserData* ImageNotSupportCloudInit"),
    _Group(RUN_INSTANCES, _drop("HttpTokens"), "InvalidHttpTokens.NotSupported"),
    _Group(RUN_INSTANCES, _drop("InternetMaxBandwidthOut"), "QuotaExceeded.InternetBandwidth"),
    _Group(RUN_INSTANCES, _drop("ResourceGroupId"), "InvalidResourceGroup.NotFound"),
    _Group(RUN_INSTANCES, _drop("SpotInterruptionBehavior"), "InvalidSpotInterruptionBehavior*"),
    _Group(RUN_INSTANCES, _drop("DeletionProtection"), "InvalidChargeType.ValueNotSupported"),
    # The protection period is not sold for this type, region or time.
    _Group(
        RUN_INSTANCES,
        _drop("SpotDuration"),
        "OperationDenied.FlavorNotSupported OperationDenied.RegionIdNotSupported"
        " OperationDenied.TimestampNotSupported",
    ),
    # The source's own address is not free yet, or somebody else's by now.
    _Group(RUN_INSTANCES, _drop("PrivateIpAddress"), "InvalidPrivateIpAddress*"),
    _Group(RUN_INSTANCES, _drop("HostName"), "InvalidHostName*"),
    _Group(RUN_INSTANCES, _drop("InstanceName"), "InvalidInstanceName*"),
    _Group(RUN_INSTANCES, _drop("Description"), "InvalidDescription*"),
    # -- RunInstances: a person must act -----------------------------------------------------------
    _Group(
        RUN_INSTANCES,
        _SPOT_TERMS,
        "InvalidSpotAuthorized InvalidSpotAliUid InvalidSpotStrategy InvalidSpotDuration",
    ),
    _Group(
        RUN_INSTANCES,
        _IMAGE_LOST,
        "InvalidImageId.NotFound OperationDenied.ImageNotValid ImageNotSubscribed"
        " ImageRemovedInMarket",
    ),
    _Group(RUN_INSTANCES, _NETWORK_LOST, "InvalidSecurityGroupId* InvalidVSwitchId.NotFound"),
    _Group(RUN_INSTANCES, _ROLE, "InvalidRamRole*"),
    # -- disks, subnets, addresses -----------------------------------------------------------------
    # Source: ModifyDiskAttribute, HTTP 403; the disk stays with its instance.
    _Group("ModifyDiskAttribute", _REFUSED, "DiskNotPortable"),
    _Group("DescribeVSwitches", _GONE, "InvalidVpcId.NotFound InvalidVpcID.NotFound"),
    # Source: VPC AssociateEipAddress: the target has a public address of its own already.
    _Group(
        "AssociateEipAddress",
        _REFUSED,
        "InvalidStatus.InstanceHasBandWidth InvalidInstance.AlreadyBound",
    ),
    # Source: VPC TagResourcesForExpressConnect; TagResources has no table of its own in the open.
    _Group("vpc:TagResources", _GONE, "InvalidInstanceIds.NotFound"),
    _Group(
        "vpc:TagResources",
        _REFUSED,
        "QuotaExceeded.TagNum SizeLimitExceeded.TagNum Forbidden.TagKeys InvalidTagKey"
        " InvalidTagValue",
    ),
    # Source: ConvertNatPublicIpToEip; a planned change of the instance has to take effect first.
    _Group(
        "ConvertNatPublicIpToEip",
        _REFUSED,
        "OperationDenied OperationDenied.CloudboxNotSupport InvalidEndTime.OperateNotSupport"
        " InvalidInternetChargeType.ValueNotSupported",
    ),
    _Group("ConvertNatPublicIpToEip", _NOT_READY, "InvalidInstanceId.PlanedChange"),
    _Group("ConvertNatPublicIpToEip", _QUOTA, "MaxEIPQuotaExceeded"),
    _Group("ConvertNatPublicIpToEip", _ACCOUNT, "InvalidInstance.OverduePayment"),
    # -- disks and network interfaces that move ----------------------------------------------------
    # Source: AttachDisk, DetachDisk, AttachNetworkInterface and DetachNetworkInterface.
    _Group(
        "AttachDisk",
        _REFUSED,
        "InvalidDisk.InUse ResourcesNotInSameZone InstanceDiskLimitExceeded"
        " InstanceDiskNumLimitExceed InvalidDevice.InUse InvalidDevice.Malformed DiskNotPortable"
        " InvalidInstanceType* DiskCategory.OperationNotSupported",
    ),
    _Group("DetachDisk", _REFUSED, "DiskNotPortable"),
    _Group(
        "AttachNetworkInterface",
        _REFUSED,
        "EniPerInstanceLimitExceeded InvalidOperation.VpcMismatch"
        " InvalidOperation.AvailabilityZoneMismatch",
    ),
    _Group(
        "DetachNetworkInterface",
        _REFUSED,
        "InvalidOperation.DetachPrimaryEniNotAllowed"
        " InvalidOperation.DetachServiceManagedEniNotAllowed",
    ),
    # -- load balancers ----------------------------------------------------------------------------
    # Source: SLB error codes; a CLB takes servers only while they run.
    *(_Group(action, _NOT_READY, "ObtainIpFail") for action in CLASSIC_ADDS),
    *(
        _Group(action, _REFUSED, "InvalidBackendServers.Inconsistent TooManyBackendServers")
        for action in CLASSIC_ADDS
    ),
    *(
        _Group(action, _GONE, "InvalidLoadBalancerId.NotFound InvalidServerId.NotFound")
        for action in CLASSIC_ACTIONS
    ),
    *(_Group(action, _GONE, "ListenerNotFound") for action in PAIR_ACTIONS),
    # Source: Terraform provider, retry list of RemoveBackendServers.
    _Group("slb:RemoveBackendServers", _BUSY, "RspoolVipExist ObtainIpFail"),
    *(
        _Group(action, _EXISTS, "DuplicatedParam.Server ResourceAlreadyExist.Server")
        for action in GROUP_ADDS
    ),
    *(
        _Group(
            action,
            _REFUSED,
            "Mismatch.VpcId Mismatch.ServerType IllegalParam* ResourceInUse.IP"
            " OperationDenied.ServerGroupNotSupportIpv6",
        )
        for action in GROUP_ADDS
    ),
    *(_Group(action, _DONE, "ResourceNotFound.BackendServer") for action in GROUP_REMOVES),
    *(
        _Group(
            action,
            _GONE,
            "ResourceNotFound.ServerGroup ResourceNotFound.serverGroup ResourceNotFound.Ecs"
            " ResourceNotFound.Eni",
        )
        for action in (*GROUP_ADDS, *GROUP_REMOVES, *GROUP_LISTS)
    ),
    # Without a group the list is not to be had; the groups are then asked one by one.
    *(_Group(action, _REFUSED, "MissingParam.ServerGroupId") for action in GROUP_LISTS),
    # -- later moves -------------------------------------------------------------------------------
    _Group("StartInstance", _TOO_DEAR, "OperationDenied.SpotPriceLowerThanPublicPrice"),
    _Group("StartInstance", _NO_STOCK, "OperationDenied OperationDenied.NoStock"),
    _Group("DeleteImage", _DONE, "InvalidImageId.NotFound"),
    # What somebody else holds; nobody can delete it before that ends. Source: error tables of
    # DeleteImage, DeleteSnapshot and DeleteDisk.
    _Group("DeleteImage", _REFUSED, "ImageUsingByInstance ImageUseShared InvalidImageId.InUse"),
    _Group("DeleteSnapshot", _REFUSED, "SnapshotCreatedImage SnapshotCreatedDisk"),
    _Group("DeleteDisk", _REFUSED, "DiskNotPortable InvalidDiskChargeType"),
    _Group(
        "ApplyAutoSnapshotPolicy",
        _REFUSED,
        "InvalidAutoSnapshotPolicyId.NotFound IncorrectDiskType.NotSupport",
    ),
    _Group("DeleteSnapshot", _DONE, "InvalidSnapshotId.NotFound"),
    _Group("DeleteInstance", _DONE, "InvalidInstanceId.NotFound"),
    # -- SMQ; its SDK tells no status. Source: SMQ "Error codes" ----------------------------------
    _Group("ReceiveMessage", _GONE, "MessageNotExist"),
    _Group("BatchPeekMessage", _GONE, "MessageNotExist"),
    _Group("DeleteMessage", _GONE, "MessageNotExist ReceiptHandleError"),
    _Group("ChangeMessageVisibility", _GONE, "MessageNotExist ReceiptHandleError"),
    _Group(ANY_ACTION, _QUEUE_LOST, "QueueNotExist QueueDeletedRecently InvalidQueueName"),
    _Group(ANY_ACTION, _QUEUE_LOST, "QueueNameLengthError FifoMissingMessageGroupId"),
    _Group(
        ANY_ACTION,
        _SHAPE,
        "InvalidDateHeader InvalidVersionHeader InvalidContentType InvalidDegist InvalidDigest"
        " InvalidRequestURL InvalidQueryString MalformedXML InvalidArgument",
    ),
)

# Action and code, what the message contains, meaning.
_BY_MESSAGE: Final[tuple[tuple[tuple[str, str], re.Pattern[str], Meaning], ...]] = (
    # Source: RunInstances, HTTP 403 OperationDenied: the image is not available, check its status.
    (
        (RUN_INSTANCES, "OperationDenied"),
        re.compile(r"\bimage\b.*\b(status|available)\b", re.IGNORECASE | re.DOTALL),
        _NOT_READY,
    ),
    (
        (RUN_INSTANCES, "InvalidInstanceType.NotSupported"),
        re.compile(r"deployment ?set", re.IGNORECASE),
        _drop("DeploymentSetId"),
    ),
    # Source: SLB error codes: one code, InvalidParameter, for some forty things.
    *(
        ((action, "InvalidParameter"), re.compile(r"already exist", re.IGNORECASE), _EXISTS)
        for action in CLASSIC_ADDS
    ),
    *(
        ((action, "InvalidParameter"), re.compile(r"VServerGroupId does not exist"), _GONE)
        for action in CLASSIC_GROUP_ACTIONS
    ),
    *(
        ((action, "InvalidParameter"), re.compile(r"SlaveServerGroupId does not exist"), _GONE)
        for action in PAIR_ACTIONS
    ),
)

# How a refusal without a row may speak of a parameter that a clone can do without. No table of
# RunInstances lists codes for them, so the words of its parameter names stand for the rows.
_OPTIONAL_WORDS: Final = tuple(
    (name, re.compile(words, re.IGNORECASE))
    for name, words in (
        ("Ipv6AddressCount", r"\bipv6"),
        ("NetworkOptions", r"jumbo ?frame|bandwidth ?weighting"),
        ("NetworkInterfaceQueueNumber", r"queue ?number"),
        ("PrivateDnsNameOptions", r"private ?dns"),
        ("ClockOptions", r"\bptp"),
        ("SecurityOptions", r"secure ?boot"),
        ("StorageSetId", r"storage ?set"),
        ("StorageClusterId", r"storage ?cluster"),
        ("HpcClusterId", r"\bhpc ?cluster"),
        ("ImageOptions", r"login ?as ?non ?root"),
    )
)

# Codes of limits on a type that end alike. Source: RunInstances and AttachNetworkInterface.
_COUNT_EXCEEDED: Final = ("InvalidOperation.", "CountExceeded")
_MALFORMED: Final = ("Invalid", ".Malformed")


def _rows(groups: Iterable[_Group]) -> Iterator[tuple[str, str, Meaning]]:
    for action, meaning, codes in groups:
        for code in codes.split():
            yield action, code, meaning


_EXACT: Final = {(act, code): meant for act, code, meant in _rows(_GROUPS) if code[-1] != "*"}
# Longest first, so that the more particular prefix wins.
_PREFIXES: Final = tuple(
    sorted(
        ((act, code[:-1], meant) for act, code, meant in _rows(_GROUPS) if code[-1] == "*"),
        key=lambda row: (not row[0], -len(row[1])),
    )
)


def classify(action: str, status: int, code: str, message: str = "") -> Meaning:
    """Say what a provider's refusal means.

    Args:
        action: RPC action or SMQ operation, as in the API reference.
        status: HTTP status, or 0 where the SDK does not tell.
        code: Provider code.
        message: The provider's sentence; compared, never kept.
    """
    if status >= 500 and code not in _DEFINITE_AT_500:  # noqa: PLR2004 - HTTP server errors
        return _UNKNOWN
    found = _by_message(action, code, message) or _exactly(action, code) or _by_shape(action, code)
    found = found or _BY_STATUS.get(status)
    if found is not None:
        return found
    named = _named_in(message) if action == RUN_INSTANCES else ""
    if named:
        advice = "Unknown code; it needs a row in the table."
        return Meaning(Kind.UNSUPPORTED, parameter=named, advice=advice, is_known=False)
    fallback = Kind.NO_STOCK if action == RUN_INSTANCES else Kind.PERMANENT
    return Meaning(fallback, advice="Unknown code; it needs a row in the table.", is_known=False)


def trouble_of(code: str) -> Trouble:
    """Say what a refusal tells about the caller, whatever was asked for."""
    meaning = _exactly(ANY_ACTION, code) or _by_shape(ANY_ACTION, code)
    if meaning is None:
        return Trouble.OTHER
    if meaning.kind is Kind.UNAUTHENTICATED or code in _TOKEN_EXPIRED:
        return Trouble.CREDENTIALS
    if meaning == _CLOCK:
        return Trouble.CLOCK
    return Trouble.PERMISSION if meaning == _PERMISSION else Trouble.OTHER


def why_of(code: str, action: str = ANY_ACTION) -> str:
    """Say in a few words what is behind a code; empty for one without a row.

    Args:
        code: Provider code.
        action: What was refused. Where nobody knows it any more, a code that means one thing in one
            action and another in the next says nothing.
    """
    meaning = _exactly(action, code) or _by_shape(action, code)
    if meaning is not None:
        return _told(meaning)
    if action != ANY_ACTION:
        return ""
    rows = [one for (_, each), one in _EXACT.items() if each == code]
    rows = rows or [one for _, prefix, one in _PREFIXES if code.startswith(prefix)]
    told = {_told(one) for one in rows}
    return told.pop() if len(told) == 1 else ""


def _told(meaning: Meaning) -> str:
    if meaning.parameter:
        return f"the parameter {meaning.parameter} is not accepted"
    return meaning.why or _WHY[meaning.kind]


def _named_in(message: str) -> str:
    """Return the optional parameter that a refusal of unknown code complains about, if any."""
    return next((name for name, words in _OPTIONAL_WORDS if words.search(message)), "")


def _by_message(action: str, code: str, message: str) -> Meaning | None:
    for row, contains, meaning in _BY_MESSAGE:
        if row == (action, code) and contains.search(message):
            return meaning
    return None


def _exactly(action: str, code: str) -> Meaning | None:
    return _EXACT.get((action, code)) or _EXACT.get((ANY_ACTION, code))


def _by_shape(action: str, code: str) -> Meaning | None:
    for row_action, prefix, meaning in _PREFIXES:
        if row_action in (action, ANY_ACTION) and code.startswith(prefix):
            return meaning
    if action == RUN_INSTANCES and _is_between(code, _COUNT_EXCEEDED):
        return _TOO_MUCH
    return _SHAPE if _is_between(code, _MALFORMED) else None


def _is_between(code: str, ends: tuple[str, str]) -> bool:
    return code.startswith(ends[0]) and code.endswith(ends[1])
