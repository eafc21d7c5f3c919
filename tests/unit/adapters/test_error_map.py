"""The table of provider codes has a row for every code that the documents name."""

import pytest

from worker.adapters import error_map
from worker.adapters.ecs.launch_parameters import OPTIONAL_PARAMETERS
from worker.adapters.error_map import Kind, classify

# What each document says a code asks for; the action is the one whose table lists it.
DOCUMENTED: dict[Kind, dict[str, str]] = {
    Kind.THROTTLED: {
        "DescribeInstances": """Throttling Throttling.User Throttling.Api Throttling.Resource
            Throttling.ConcurrentLimitExceeded Rejected.Throttling""",
        "SendMessage": "TooManyRequests QpsLimitExceeded",
    },
    Kind.UNKNOWN: {
        "RunInstances": """InternalError InternalError.Dispatch ServiceUnavailable
            Idempotence.Processing IdempotenceProcessing LastTokenProcessing
            NodeControllerUnavailable Mayi.InternalError SignatureNonceUsed""",
        "CreateImage": "InternalError",
        "SendMessage": "InternalError InternalServerError",
    },
    Kind.BUSY: {
        "RunInstances": """OperationConflict Operation.Conflict InvalidOperation.Conflict
            OperationDenied.CreatingConflict OperationDenied.ResourceControl""",
        "AssociateEipAddress": """TaskConflict IncorrectEipStatus SystemBusy IncorrectStatus
            IncorrectStatus.Instance""",
        "slb:AddBackendServers": """VServerGroupProcessing ServiceIsConfiguring Conflict.Lock
            OperationFailed.ResourceIsConfiguring BackendServer.configuring ServiceIsStopping""",
        "slb:RemoveBackendServers": "RspoolVipExist ObtainIpFail",
        "alb:AddServersToServerGroup": "IncorrectStatus.ServerGroup SystemBusy Conflict.Lock",
        "nlb:RemoveServersFromServerGroup": "IncorrectStatus.serverGroup",
        "ReceiveMessage": "TimeExpired",
    },
    Kind.NOT_READY: {
        "CreateSnapshot": "IncorrectDiskStatus.CreatingSnapshot QuotaExceed.ConcurrentSnapshotQuota",
        "CreateImage": """IncorrectDiskStatus IncorrectDiskStatus.CreatingSnapshot
            IncorrectDiskStatus.Transferring QuotaExceed.ConcurrentSnapshotQuota
            TooManySnapshot.Unfinished SnapshotNotReady InvalidSnapshotId.NotReady
            IncorrectInstanceStatus""",
        "RunInstances": "IncorrectVSwitchStatus IncorrectVpcStatus",
        "AttachDisk": """IncorrectDiskStatus IncorrectDiskStatus.Initializing
            IncorrectInstanceStatus IncorrectInstanceStatus.Initializing""",
        "AttachNetworkInterface": "InvalidOperation.InvalidEniState InvalidOperation.InvalidEcsState",
        "slb:AddVServerGroupBackendServers": "ObtainIpFail",
        "ConvertNatPublicIpToEip": "IncorrectInstanceStatus InvalidInstanceId.PlanedChange",
    },
    Kind.NO_STOCK: {
        "RunInstances": """OperationDenied.NoStock Zone.NotOnSale Zone.NotOpen
            InvalidResourceType.NotSupported InstanceType.Offline
            InvalidInstanceType.NotSupported InvalidInstanceType.ValueNotSupported
            InvalidInstanceType.ValueUnauthorized InvalidInstanceType.ZoneNotSupported
            InvalidInstanceType.NotSupportDiskCategory
            InvalidInstanceType.ElasticNetworkInterfaceNotSupported ImageNotSupportInstanceType
            InvalidParameter.Conflict InvalidParameter.Mismatch InvalidDiskCategory.NotSupported
            InvalidDiskCategory.Mismatch CategoryNotSupported
            InvalidSystemDiskCategory.ValueNotSupported OperationDenied.CloudSSDNotSupported
            OperationDenied.ZoneSystemCategoryNotMatch OperationDenied.ZoneNotAllowed
            InvalidSpotPriceLimit.LowerThanPublicPrice OperationDenied.PaygNotAvailable
            QuotaExceeded.PrivateIpAddress InvalidVSwitchId.IpInvalid
            QuotaExceed.DiskCapacity QuotaExceeded.PostpaidDataDiskCapacity
            EnterpriseGroupLimited.InstanceType InstanceDiskNumLimitExceed
            InstanceDiskLimitExceeded MaxEniCountExceeded InvalidOperation.EniCountExceeded
            InvalidOperation.PublicIpAddressNoStock SystemFailure.Delete OperationDenied""",
        "StartInstance": "OperationDenied.SpotPriceLowerThanPublicPrice OperationDenied.NoStock",
    },
    Kind.OVER_QUOTA: {
        "RunInstances": "QuotaExceed.ElasticQuota QuotaExceeded.ElasticQuota",
    },
    Kind.UNSUPPORTED: {
        "RunInstances": """InvalidParameter.CreditSpecification InvalidParam.CpuOptions
            InvalidParam.CpuOptions.Core QuotaExceed.DeploymentSetInstanceQuotaFull
            DeploymentSet.NotFound InvalidDeploymentSetId.NotFound
            InvalidParameter.DeploymentSetGroupNo InvalidDestinationZone.DeploymentSetMismatch
            InvalidAutoSnapshotPolicyId.NotFound
            InvalidKeyPairName.NotFound InvalidUserData.Forbidden ImageNotSupportCloudInit
            InvalidHttpTokens.NotSupported QuotaExceeded.InternetBandwidth
            InvalidResourceGroup.NotFound InvalidChargeType.ValueNotSupported
            InvalidSpotInterruptionBehavior.NotSupported OperationDenied.FlavorNotSupported
            OperationDenied.RegionIdNotSupported OperationDenied.TimestampNotSupported
            InvalidHostName.Malformed InvalidInstanceName.Malformed""",
    },
    Kind.PERMANENT: {
        "DescribeInstances": "InvalidRegionId.NotFound",
        "RunInstances": """Forbidden Forbidden.RAM Forbbiden NoPermission
            InvalidUser.PassRoleForbidden UserNotInTheWhiteList InvalidAccountStatus.NotEnoughBalance
            InsufficientBalance Account.Arrearage InvalidPayMethod PaymentMethodNotFound
            RealNameAuthenticationError SecurityRisk.3DVerification Forbidden.RiskControl
            InvalidSpotAuthorized InvalidSpotAliUid InvalidSpotStrategy InvalidSpotDuration
            QuotaExceed.AfterpayInstance InvalidImageId.NotFound OperationDenied.ImageNotValid
            ImageNotSubscribed ImageRemovedInMarket InvalidSecurityGroupId
            InvalidSecurityGroupId.NotFound InvalidVSwitchId.NotFound InvalidRamRole.NotEcsRole
            InvalidParameter.KMSKeyId.NotFound InvalidEncrypted.NotMatchSnapshot MissingParameter
            MissingParam.ImageId InvalidTagKey.Malformed""",
        "CreateImage": """InvalidImageName.Malformed InstanceLockedForSecurity MissingParameter
            QuotaExceed.Image QuotaExceed.Snapshot QuotaExceed.Tags UserNotInTheWhiteList
            InvalidAccountStatus.NotEnoughBalance InvalidAccountStatus.SnapshotServiceUnavailable
            InvalidParameter.KMSKeyId.CMKNotEnabled InvalidResourceGroup.NotFound""",
        "SendMessage": """AccessDenied MissingDateHeader InvalidDateHeader MissingVersionHeader
            InvalidVersionHeader InvalidContentType InvalidDegist InvalidDigest InvalidRequestURL
            InvalidQueryString MalformedXML InvalidArgument QueueNotExist QueueDeletedRecently
            InvalidQueueName QueueNameLengthError FifoMissingMessageGroupId""",
        "DeleteMessage": "MissingReceiptHandle QueueNotExist",
        "ChangeMessageVisibility": "MissingVisibilityTimeout",
    },
    Kind.UNAUTHENTICATED: {
        "RunInstances": """SignatureDoesNotMatch InvalidAccessKeyId.NotFound
            InvalidAccessKeyId.Inactive InvalidSecurityToken.Malformed""",
        "ReceiveMessage": """InvalidAccessKeyId SignatureDoesNotMatch MissingAuthorizationHeader
            InvalidAuthorizationHeader""",
    },
    Kind.EXISTS: {
        "CreateImage": """InvalidImageName.Duplicated IdempotenceParamNotMatch
            InvalidParamter.Conflict""",
        "RunInstances": "IdempotentParameterMismatch InvalidClientToken.ValueNotSupported",
        "nlb:AddServersToServerGroup": "DuplicatedParam.Server IdempotenceSignatureMismatch",
    },
    Kind.GONE: {
        "CreateImage": "InvalidInstanceId.NotFound InvalidSnapshotId.NotFound",
        "ModifyDiskAttribute": "InvalidInstanceId.NotFound InvalidDiskId.NotFound",
        "ReceiveMessage": "MessageNotExist",
        "DeleteMessage": "MessageNotExist ReceiptHandleError",
        "ChangeMessageVisibility": "MessageNotExist ReceiptHandleError",
        "DescribeVSwitches": "InvalidVpcId.NotFound",
        "AttachNetworkInterface": "InvalidEniId.NotFound InvalidEcsId.NotFound",
        "slb:AddBackendServers": "InvalidLoadBalancerId.NotFound InvalidServerId.NotFound",
        "alb:AddServersToServerGroup": """ResourceNotFound.ServerGroup ResourceNotFound.Ecs
            ResourceNotFound.Eni""",
        "nlb:ListServerGroupServers": "ResourceNotFound.serverGroup",
        "ConvertNatPublicIpToEip": "InvalidInstanceStatus.Released InvalidInstanceId.NotFound",
        "vpc:TagResources": "InvalidInstanceIds.NotFound",
    },
    Kind.DONE: {
        "RunInstances": "DryRunOperation",
        "DetachDisk": "InvalidDisk.AlreadyDetached",
        "nlb:RemoveServersFromServerGroup": "ResourceNotFound.BackendServer",
        "DeleteImage": "InvalidImageId.NotFound",
        "DeleteSnapshot": "InvalidSnapshotId.NotFound",
        "DeleteInstance": "InvalidInstanceId.NotFound",
    },
    Kind.REFUSED: {
        "CreateSnapshot": """IncorrectDiskType.NotSupport IncorrectDiskStatus.NeverAttached
            OperationDenied QuotaExceed.Snapshot""",
        "CreateImage": """InvalidDiskCategory.CreateImage InvalidOperation.DiskCategoryUnsupported
            InvalidInstance.NotFoundSystemDisk OperationDenied IncorrectDiskStatus.NeverAttached
            IncorrectDiskStatus.Invalid IncorrectInstanceStatus.NeedRestart
            HibernationConfigured.InstanceOperationForbidden InvalidParameter.DiskType""",
        "ModifyDiskAttribute": "DiskNotPortable",
        "AssociateEipAddress": "InvalidStatus.InstanceHasBandWidth InvalidInstance.AlreadyBound",
        "AttachDisk": """InvalidDisk.InUse ResourcesNotInSameZone InstanceDiskLimitExceeded
            InvalidDevice.InUse InvalidInstanceType.NotSupportDiskCategory
            InvalidInstanceType.NvmeRequired DiskCategory.OperationNotSupported""",
        "AttachNetworkInterface": """EniPerInstanceLimitExceeded InvalidOperation.VpcMismatch
            InvalidOperation.AvailabilityZoneMismatch""",
        "DetachNetworkInterface": "InvalidOperation.DetachPrimaryEniNotAllowed",
        "ConvertNatPublicIpToEip": "OperationDenied InvalidInternetChargeType.ValueNotSupported",
        "vpc:TagResources": """QuotaExceeded.TagNum SizeLimitExceeded.TagNum Forbidden.TagKeys
            InvalidTagKey InvalidTagValue""",
        "slb:AddBackendServers": "InvalidBackendServers.Inconsistent TooManyBackendServers",
        "nlb:AddServersToServerGroup": "Mismatch.VpcId Mismatch.ServerType IllegalParam.IP",
        "alb:ListServerGroupServers": "MissingParam.ServerGroupId",
    },
}

ROWS = [
    (kind, action, code)
    for kind, actions in DOCUMENTED.items()
    for action, codes in actions.items()
    for code in codes.split()
]


@pytest.mark.parametrize(("kind", "action", "code"), ROWS)
def test_documented_code_has_its_row(kind: Kind, action: str, code: str) -> None:
    """Every code of the documents is known and asks for what the documents say."""
    meaning = classify(action, 400, code)

    assert meaning.is_known
    assert meaning.kind is kind


def test_every_refused_parameter_can_be_left_out() -> None:
    """The table names no parameter that the launch does not know how to leave out."""
    named = {row.meaning.parameter for row in error_map._GROUPS if row.meaning.parameter}
    named |= {row[2].parameter for row in error_map._BY_MESSAGE if row[2].parameter}

    assert named <= OPTIONAL_PARAMETERS


def test_no_code_stands_in_two_groups_of_one_action() -> None:
    """A second row for the same code would silently win or lose."""
    seen = [(row.action, code) for row in error_map._GROUPS for code in row.codes.split()]

    assert len(seen) == len(set(seen))


@pytest.mark.parametrize("code", ["InvalidImageName.Duplicated", "OperationDenied.NoStock", "New"])
def test_server_error_says_nothing_about_the_effect(code: str) -> None:
    """Whatever code a 5xx carries, the same request must be repeated."""
    assert classify("RunInstances", 500, code).kind is Kind.UNKNOWN


def test_one_code_is_definite_in_spite_of_its_status() -> None:
    """RunInstances documents InvalidImage.OSType with HTTP 500."""
    assert classify("RunInstances", 500, "InvalidImage.OSType").kind is Kind.NO_STOCK


def test_unknown_code_asks_for_a_row() -> None:
    """Nobody knows it: a person decides, and the log says which."""
    meaning = classify("CreateImage", 403, "Brand.NewCode")

    assert meaning.kind is Kind.PERMANENT
    assert not meaning.is_known


@pytest.mark.parametrize("action", ["RunInstances", "DescribeInstances"])
@pytest.mark.parametrize(("status", "kind"), [(408, Kind.UNKNOWN), (429, Kind.THROTTLED)])
def test_status_speaks_for_a_code_that_nobody_knows(action: str, status: int, kind: Kind) -> None:
    """A time that ran out is no refusal of a candidate, and a rate nothing for a person."""
    meaning = classify(action, status, "Gateway.Odd")

    assert meaning.kind is kind
    assert not meaning.is_known


def test_unknown_code_of_a_launch_moves_on() -> None:
    """The next candidate may do; the launch step bounds how many are tried."""
    meaning = classify("RunInstances", 403, "Brand.NewCode")

    assert meaning.kind is Kind.NO_STOCK
    assert not meaning.is_known


def test_message_tells_apart_what_one_code_means() -> None:
    """OperationDenied is about the image in one case and about the stock in others."""
    image = "The specified Image is not available, please check its status."
    sales = "Sales of this resource are temporarily suspended in the specified region."

    assert classify("RunInstances", 403, "OperationDenied", image).kind is Kind.NOT_READY
    assert classify("RunInstances", 403, "OperationDenied", sales).kind is Kind.NO_STOCK


def test_deployment_set_is_named_in_the_message_only() -> None:
    """The type is fine, the deployment set is not."""
    said = "The specified instance type is not supported by the deployment set."

    meaning = classify("RunInstances", 403, "InvalidInstanceType.NotSupported", said)

    assert meaning.parameter == "DeploymentSetId"
