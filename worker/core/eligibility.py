"""Whose instances: every spot instance that the rule delivers, but for those that others manage.

Sources: Auto Scaling tags its instances with `acs:autoscaling:scalingGroupId`; Container Service
tags its nodes with `ack.aliyun.com` and `ack.alibabacloud.com/...`; Kubernetes cloud providers use
`kubernetes.io/cluster/...`.
"""

from worker.core.identity import TAG_DRILL, TAG_OWNER
from worker.core.model import Instance, Tags
from worker.core.policy import Policy, TagSelector

MANAGED_PREFIXES = {
    "acs:autoscaling:": "a scaling group",
    "ack.aliyun.com": "a Container Service cluster",
    "ack.alibabacloud.com/": "a Container Service cluster",
    "k8s.io/": "a Kubernetes cluster",
    "kubernetes.io/cluster/": "a Kubernetes cluster",
}
NOT_SPOT = ("", "nospot")


def why_not_ours(source: Instance, policy: Policy) -> str | None:
    """Return why this instance is not to be recreated, or None when it is."""
    if source.instance_id == policy.own_instance_id:
        return "it is the worker's own host"
    if TAG_DRILL in source.tags:
        return "a drill launched it"
    if source.spot_strategy.lower() in NOT_SPOT:
        return "it is not a spot instance"
    owner = source.tags.get(TAG_OWNER, policy.owner)
    if owner != policy.owner:
        return f"it belongs to the deployment {owner}"
    manager = _manager(source.tags)
    if manager is not None:
        return f"{manager} manages it"
    skipping = [key for key, value in policy.skip_tags if _has(source.tags, key, value)]
    if skipping:
        return f"its tag {skipping[0]} asks to leave it alone"
    return _not_selected(source.tags, policy.select_tags)


def _manager(tags: Tags) -> str | None:
    for prefix, manager in MANAGED_PREFIXES.items():
        if any(key.startswith(prefix) for key in tags):
            return manager
    return None


def _not_selected(tags: Tags, selected: TagSelector) -> str | None:
    missing = [key for key, value in selected if not _has(tags, key, value)]
    return f"it lacks the tag {missing[0]} that select asks for" if missing else None


def _has(tags: Tags, key: str, value: str | None) -> bool:
    return key in tags and (value is None or tags[key] == value)
