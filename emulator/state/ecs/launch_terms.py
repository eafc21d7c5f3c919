"""What a launch is sold on: bandwidth, subscription, private pool, and a few small ranges.

Source: RunInstances, the parameters that are read here and its error table.
"""

from collections.abc import Mapping

from emulator.state.ecs.params import Params, malformed
from emulator.state.ecs.records import Options
from emulator.state.ecs.references import check_name
from emulator.state.ecs.region import EcsRegion
from emulator.state.errors import ApiError

# Mbit/s that may go out, and come in where fewer go out.
OUTBOUND_MAX = 100
INBOUND_LEAST_MOST = 10
DEPLOYMENT_GROUPS = range(1, 8)
HOP_LIMITS = range(1, 65)
_PERIODS: Mapping[str, frozenset[int]] = {
    "Week": frozenset({1, 2, 3, 4}),
    "Month": frozenset({*range(1, 10), 12, 24, 36, 48, 60}),
}
_RENEWALS: Mapping[str, frozenset[int]] = {
    "Week": frozenset({1, 2, 3}),
    "Month": frozenset({1, 2, 3, 6, 12, 24, 36, 48, 60}),
}


def outbound(params: Params) -> int:
    """Read and check the Mbit/s that may go out."""
    given = params.integer("InternetMaxBandwidthOut")
    if not 0 <= given <= OUTBOUND_MAX:
        raise malformed("InternetMaxBandwidthOut")
    return given


def inbound_most(out: int) -> int:
    """Return the Mbit/s that may come in, and do unless one asks for less."""
    return max(INBOUND_LEAST_MOST, out)


def inbound(params: Params) -> int:
    """Read and check the Mbit/s that may come in.

    Code and status are the service's own for 0:
    https://github.com/alibaba/alibaba.alicloud/issues/163
    """
    most = inbound_most(outbound(params))
    given = params.integer("InternetMaxBandwidthIn", most)
    if not 1 <= given <= most:
        raise malformed("InternetMaxBandwidthIn")
    return given


def deployment_group(params: Params) -> int | None:
    """Read and check the group within a deployment set."""
    if "DeploymentSetGroupNo" not in params:
        return None
    group = params.integer("DeploymentSetGroupNo")
    if group not in DEPLOYMENT_GROUPS:
        raise ApiError(
            404, "InvalidParameter.DeploymentSetGroupNo", "A deployment set has the groups 1 to 7."
        )
    return group


def check_terms(params: Params) -> None:
    """Refuse what is not sold, or not in this range."""
    if params.text("IoOptimized") == "none":
        # Every type of the catalogue is I/O optimized; the others are retired.
        raise ApiError(
            404, "DependencyViolation.IoOptimized", "The instance type has to be I/O optimized."
        )
    if params.text("Isp") and not outbound(params):
        raise ApiError(
            400, "InvalidBandwidthOut.LessThanZero", "With Isp the bandwidth must not be 0."
        )
    if params.integer("HttpPutResponseHopLimit", 1) not in HOP_LIMITS:
        raise ApiError(
            400,
            "InvalidHttpPutResponseHopLimit.NotSupported",
            "HttpPutResponseHopLimit lies between 1 and 64.",
        )


def check_pool(region: EcsRegion, options: Options) -> None:
    """Refuse a private pool that is not named, not wanted or not there."""
    pool_id, is_target = options.private_pool_id, options.private_pool == "Target"
    if is_target and not pool_id:
        raise ApiError(
            400, "MissingParameter.PrivatePoolOptions.Id", "Target needs a PrivatePoolOptions.Id."
        )
    if pool_id and not is_target:
        raise ApiError(
            400, "Invalid.PrivatePoolOptionsId", "PrivatePoolOptions.Id is for Target only."
        )
    check_name(region, "PrivatePoolOptions.Id", pool_id)


def check_period(params: Params) -> None:
    """Refuse a subscription of a length that is not sold."""
    if params.text("InstanceChargeType") != "PrePaid":
        return
    unit = params.text("PeriodUnit") or "Month"
    if unit not in _PERIODS:
        raise ApiError(400, "InvalidPeriodType.ValueNotSupported", "PeriodUnit is Week or Month.")
    if params.integer("Period") not in _PERIODS[unit]:
        raise ApiError(400, "InvalidPeriod", "The specified period is not valid.")
    if params.flag("AutoRenew") and params.integer("AutoRenewPeriod", 1) not in _RENEWALS[unit]:
        raise ApiError(
            400, "InvalidAutoRenewPeriod.ValueNotSupported", "The AutoRenewPeriod is not valid."
        )
