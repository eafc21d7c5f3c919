"""The properties of a launch that do not depend on where it goes, with the rules among them."""

from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Mapping
from dataclasses import replace

from emulator.state.ecs.catalogue import InstanceType
from emulator.state.ecs.launch_terms import (
    check_period,
    check_pool,
    check_terms,
    deployment_group,
    inbound,
    outbound,
)
from emulator.state.ecs.params import Params
from emulator.state.ecs.records import Image, Options
from emulator.state.ecs.references import check_names, has_any
from emulator.state.ecs.region import EcsRegion
from emulator.state.ecs.wording import (
    SEQUENCE,
    check_description,
    check_host_name,
    check_instance_name,
    check_password,
    check_release_time,
    check_suffixed,
)
from emulator.state.errors import ApiError

MAX_USER_DATA = 32 * 1024
PRICE_DECIMALS = 3
STRATEGIES = frozenset({"NoSpot", "SpotWithPriceLimit", "SpotAsPriceGo"})
CONFLICT = "InvalidParameter.Conflict"


# The values of what is one of a few words, and the refusal of any other. Source: RunInstances, the
# parameters of these names and the error table.
_WORDS: Mapping[str, tuple[frozenset[str], int, str]] = {
    "InstanceChargeType": (
        frozenset({"PrePaid", "PostPaid"}),
        404,
        "InvalidInstanceChargeType.NotFound",
    ),
    "InternetChargeType": (
        frozenset({"PayByBandwidth", "PayByTraffic"}),
        400,
        "InvalidInternetChargeType.ValueNotSupported",
    ),
    "IoOptimized": (frozenset({"none", "optimized"}), 400, "InvalidIoOptimize.ValueNotSupported"),
    "Tenancy": (frozenset({"default", "host"}), 400, "InvalidParam.Tenancy"),
    "Affinity": (frozenset({"default", "host"}), 400, "InvalidParameter.Affinity"),
}
_TOPOLOGIES = frozenset({"", "ContinuousCoreToHTMapping", "DiscreteCoreToHTMapping"})
_NAMES = (
    "DedicatedHostId", "DeploymentSetId", "HpcClusterId", "RamRoleName", "ResourceGroupId",
    "StorageSetId",
)  # fmt: skip


def read_options(
    region: EcsRegion, params: Params, image: Image, each: InstanceType, now: float
) -> Options:
    """Read and check the plain properties of a launch.

    Raises:
        ApiError: A value that is not allowed, or two that exclude each other.
    """
    _check_words(params)
    _check_texts(params, image)
    check_release_time(params, now)
    check_terms(params)
    check_names(region, params, _NAMES)
    check_names(region, params.group("SchedulerOptions"), ("DedicatedHostClusterId",))
    if params.text("Tenancy") == "host" and not has_any(region, "DedicatedHostId"):
        raise ApiError(
            400, "NoAvaliableDedicatedHost", "There is no dedicated host to choose from."
        )
    options = _options(region, params, each)
    _check_spot(options, each, params)
    check_pool(region, options)
    check_period(params)
    _check_login(region, params, image)
    _check_guest(options, image, each)
    return options


def _options(region: EcsRegion, params: Params, each: InstanceType) -> Options:
    cpu, pool = params.group("CpuOptions"), params.group("PrivatePoolOptions")
    network = params.group("NetworkOptions")
    partition = params.integer("StorageSetPartitionNumber", 2)
    group = deployment_group(params)
    jumbo = region.instance_type(each.type_id).jumbo_frame
    return Options(
        instance_name=params.text("InstanceName"),
        description=params.text("Description"),
        host_name=params.text("HostName"),
        charge_type=params.text("InstanceChargeType", "PostPaid"),
        spot_strategy=_strategy(params),
        spot_price_limit=params.number("SpotPriceLimit"),
        spot_duration=params.integer("SpotDuration", 1),
        spot_interruption_behavior=params.text("SpotInterruptionBehavior", "Terminate"),
        key_pair_name=params.text("KeyPairName"),
        ram_role_name=params.text("RamRoleName"),
        user_data=_user_data(params),
        resource_group_id=params.text("ResourceGroupId"),
        internet_charge_type=params.text("InternetChargeType", "PayByTraffic"),
        bandwidth_in=inbound(params),
        bandwidth_out=outbound(params),
        http_endpoint=_one_of(params, "HttpEndpoint", ("enabled", "disabled")),
        http_tokens=_one_of(params, "HttpTokens", ("optional", "required")),
        credit_specification=_credit(params, each),
        threads_per_core=cpu.integer("ThreadsPerCore"),
        cpu_topology=cpu.text("TopologyType"),
        nested_virtualization=cpu.text("NestedVirtualization"),
        login_as_non_root=params.group("ImageOptions").flag("LoginAsNonRoot"),
        deployment_set_id=params.text("DeploymentSetId"),
        deployment_set_group=group,
        hpc_cluster_id=params.text("HpcClusterId"),
        storage_set_id=params.text("StorageSetId"),
        storage_set_partition=partition if params.text("StorageSetId") else None,
        ptp_status=params.group("ClockOptions").text("PtpStatus"),
        secure_boot=params.group("SecurityOptions").flag("EnableSecureBoot"),
        jumbo_frame=network.flag("EnableJumboFrame", default=jumbo),
        network_encryption=network.flag("EnableNetworkEncryption"),
        bandwidth_weighting=network.text("BandwidthWeighting"),
        private_dns=params.group("PrivateDnsNameOptions").values(),
        deletion_protection=params.flag("DeletionProtection"),
        auto_release_time=params.text("AutoReleaseTime"),
        isp=params.text("Isp"),
        private_pool=pool.text("MatchCriteria", "None"),
        private_pool_id=pool.text("Id"),
    )


def _check_words(params: Params) -> None:
    for name, (allowed, status, code) in _WORDS.items():
        if params.text(name) and params.text(name) not in allowed:
            raise ApiError(status, code, f"The specified {name} is not valid.")
    if params.group("CpuOptions").text("TopologyType") not in _TOPOLOGIES:
        raise ApiError(
            400,
            "InvalidParameter.CpuOptionsTopologyType",
            "The specified parameter CpuOptions.TopologyType is not valid.",
        )
    if not params.flag("AutoPay", default=True) and params.text("InstanceChargeType") != "PrePaid":
        raise ApiError(
            400,
            "InvalidAutoPay.PostPaidUnsupported",
            "The specified parameter AutoPay must be set as true for postpaid instance.",
        )


def _check_texts(params: Params, image: Image) -> None:
    windows = image.os.os_type == "windows"
    name, host, hosts = (
        params.text("InstanceName"),
        params.text("HostName"),
        params.texts("HostNames"),
    )
    if host and hosts:
        raise ApiError(
            403,
            "InvalidHostname.SingleAndMultiConflict",
            "HostName and HostNames cannot be given together.",
        )
    if hosts and len(hosts) != params.integer("Amount", 1):
        raise ApiError(
            403, "InvalidHostname.SizeInvalid", "HostNames should name each of the instances."
        )
    check_instance_name(name)
    for one in (host, *hosts):
        check_host_name(one, windows=windows)
    if params.flag("UniqueSuffix") and params.integer("Amount", 1) > 1:
        check_suffixed(name, host)
    check_description(params.text("Description"))
    check_password(params.text("Password"), windows=windows)


def _strategy(params: Params) -> str:
    """Return the strategy; a dedicated host silently makes it NoSpot. Source: RunInstances."""
    strategy = params.text("SpotStrategy", "NoSpot")
    if strategy not in STRATEGIES:
        raise ApiError(400, "InvalidSpotStrategy", "The specified SpotStrategy is not valid.")
    on_host = params.text("DedicatedHostId") or params.text("Tenancy") == "host"
    return "NoSpot" if on_host else strategy


def _one_of(params: Params, name: str, allowed: tuple[str, str]) -> str:
    value = params.text(name, allowed[0])
    if value not in allowed:
        raise ApiError(
            400,
            f"Invalid{name}.NotSupported",
            f"The specified {name} not supported, you can use {allowed[0]}(default) or "
            f"{allowed[1]}.",
        )
    return value


def _credit(params: Params, each: InstanceType) -> str:
    given = params.text("CreditSpecification")
    if given and not each.is_burstable:
        raise ApiError(
            400,
            "InvalidParameter.CreditSpecification",
            "The specified CreditSpecification is not supported by the instance type.",
        )
    return given or ("Standard" if each.is_burstable else "")


def _user_data(params: Params) -> str:
    text = params.text("UserData")
    try:
        raw = b64decode(text, validate=True)
    except (NotBase64, ValueError):
        raise ApiError(
            400,
            "InvalidUserData.Base64FormatInvalid",
            'The specified parameter "UserData" must be Base64.',
        ) from None
    check_user_data(raw)
    return text


def check_user_data(raw: bytes) -> None:
    """Refuse user data that is too long before it is encoded. Source: RunInstances, UserData."""
    if len(raw) > MAX_USER_DATA:
        raise ApiError(
            400,
            "InvalidUserData.SizeExceeded",
            'The specified parameter "UserData" exceeds the size.',
        )


def _check_spot(options: Options, each: InstanceType, params: Params) -> None:
    if options.spot_strategy == "NoSpot":
        return
    if options.charge_type == "PrePaid":
        raise ApiError(
            400, "InvalidSpotPrepaid", "The specified Spot type is not support PrePay Instance."
        )
    if options.private_pool != "None":
        raise ApiError(400, "SpotNotSupported", "Spot is not supported for PrivatePool.")
    if options.deletion_protection:
        raise ApiError(
            403,
            "InvalidChargeType.ValueNotSupported",
            "The charge type of a spot instance does not support the specified parameter.",
        )
    if options.spot_duration not in {0, 1}:
        raise ApiError(400, "InvalidSpotDuration", "The specified SpotDuration is not valid.")
    _check_behavior(options, each)
    _check_limit(options, params)


def _check_behavior(options: Options, each: InstanceType) -> None:
    if options.spot_interruption_behavior not in {"Terminate", "Stop"}:
        raise ApiError(
            400,
            "InvalidSpotInterruptionBehavior",
            "The specified SpotInterruptionBehavior is not valid.",
        )
    if options.spot_interruption_behavior == "Stop" and each.local_disks:
        raise ApiError(
            403,
            "InvalidSpotInterruptionBehavior.LocalDiskNotSupport",
            "The specified SpotInterruptionBehavior does not support local disk instance.",
        )


def _check_limit(options: Options, params: Params) -> None:
    if options.spot_strategy != "SpotWithPriceLimit":
        return
    limit = options.spot_price_limit
    decimals = params.text("SpotPriceLimit").partition(".")[2].rstrip("0")
    if limit <= 0 or len(decimals) > PRICE_DECIMALS:
        raise ApiError(400, "InvalidSpotPriceLimit", "The specified SpotPriceLimit is not valid.")


def _check_login(region: EcsRegion, params: Params, image: Image) -> None:
    key_pair, inherit = params.text("KeyPairName"), params.flag("PasswordInherit")
    password = bool(params.text("Password"))
    if password and inherit:
        raise ApiError(
            400,
            "InvalidPasswordParam.Mismatch",
            "The input password should be null when passwdInherit is true.",
        )
    if key_pair and (password or inherit):
        raise ApiError(
            400, CONFLICT, "KeyPairName excludes the parameters Password and PasswordInherit."
        )
    if key_pair and image.os.os_type == "windows":
        raise ApiError(
            403,
            "DependencyViolation.WindowsInstance",
            "The instance creating is window, cannot use ssh key pair to login.",
        )
    if key_pair and key_pair not in region.key_pairs:
        raise ApiError(
            404, "InvalidKeyPairName.NotFound", "The specified KeyPairName does not exist."
        )
    if params.text("SecurityEnhancementStrategy") == "Active" and image.owner == "self":
        raise ApiError(400, CONFLICT, "SecurityEnhancementStrategy is for public images only.")


def _check_guest(options: Options, image: Image, each: InstanceType) -> None:
    """Check what the system inside must be able to do."""
    system = image.os
    if options.http_tokens == "required" and system.imds != "v2":
        raise ApiError(
            400,
            "InvalidHttpTokens.NotSupported",
            "The specified image does not support HttpTokens=required.",
        )
    if options.secure_boot and not (each.secure_boot and system.secure_boot == "supported"):
        raise ApiError(400, CONFLICT, "The image or the instance type has no secure boot.")
    if options.login_as_non_root and not system.login_as_non_root:
        raise ApiError(400, CONFLICT, "The image does not support LoginAsNonRoot.")


def named(options: Options, params: Params, index: int, amount: int) -> Options:
    """Name the instance `index` of a launch, and its host. Source: RunInstances, HostNames.N."""
    suffix = params.flag("UniqueSuffix")
    host, hosts = options.host_name, params.texts("HostNames")
    if hosts:
        host = hosts[index]
    else:
        host = numbered_name(host, index, unique_suffix=suffix, amount=amount)
    name = numbered_name(options.instance_name, index, unique_suffix=suffix, amount=amount)
    return replace(options, instance_name=name, host_name=host)


def numbered_name(name: str, index: int, *, unique_suffix: bool, amount: int) -> str:
    """Name the instance `index` of a launch. Source: RunInstances, InstanceName.

    `name[begin,digits]rest` counts from `begin`; UniqueSuffix appends 001, 002 and so on.
    """
    match = SEQUENCE.search(name)
    if match is not None:
        number, digits = int(match[1] or 0) + index, int(match[2] or 6)
        return f"{name[: match.start()]}{number:0{digits}d}{name[match.end() :]}"
    return f"{name}{index + 1:03d}" if unique_suffix and name and amount > 1 else name
