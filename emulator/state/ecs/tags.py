"""Tags of every kind of resource, with an index for describe filters and TagResources.

A tag becomes visible to describe calls some seconds after it was set; until then they show what
was there before. Limits: 20 per resource, keys up to 128 characters that do not begin with
`aliyun` or `acs:`. Source: TagResources.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from emulator.state.ecs.params import Params
from emulator.state.errors import ApiError

MAX_TAGS = 20
MAX_LENGTH = 128
RESERVED = ("aliyun", "acs:")


@dataclass(frozen=True, slots=True)
class TagFilter:
    """A wanted key and the values that will do; no value means any."""

    key: str
    values: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Entry:
    value: str
    visible_at: float
    before: str | None = None

    def seen(self, now: float) -> str | None:
        return self.value if now >= self.visible_at else self.before


@dataclass(slots=True)
class TagStore:
    """The tags of one region."""

    _by_resource: dict[str, dict[str, _Entry]] = field(default_factory=dict)
    _by_key: dict[str, dict[str, None]] = field(default_factory=dict)
    _by_pair: dict[tuple[str, str], dict[str, None]] = field(default_factory=dict)

    def put(self, resource_id: str, tags: Mapping[str, str], visible_at: float) -> None:
        """Set tags.

        Raises:
            ApiError: The resource would have more than 20.
        """
        if not tags:
            return
        entries = self._by_resource.setdefault(resource_id, {})
        if len(entries.keys() | tags.keys()) > MAX_TAGS:
            raise ApiError(
                403, "QuotaExceed.Tags", "The quota of tags on resource is beyond permitted range."
            )
        for key, value in tags.items():
            old = entries.get(key)
            if old is not None:
                self._unindex(resource_id, key, old)
                self._by_pair[key, old.value][resource_id] = None
            entries[key] = _Entry(value, visible_at, old.value if old else None)
            self._by_key.setdefault(key, {})[resource_id] = None
            self._by_pair.setdefault((key, value), {})[resource_id] = None

    def remove(self, resource_id: str, keys: Iterable[str]) -> None:
        """Remove tags; unknown keys are ignored."""
        entries = self._by_resource.get(resource_id, {})
        for key in list(keys):
            entry = entries.pop(key, None)
            if entry is not None:
                self._unindex(resource_id, key, entry)

    def drop(self, resource_id: str) -> None:
        """Forget a resource that is gone."""
        for key, entry in self._by_resource.pop(resource_id, {}).items():
            self._unindex(resource_id, key, entry)

    def all_of(self, resource_id: str) -> dict[str, str]:
        """Return the tags as they are, visible or not."""
        return {key: e.value for key, e in self._by_resource.get(resource_id, {}).items()}

    def seen(self, resource_id: str, now: float) -> dict[str, str]:
        """Return the tags that describe calls show."""
        entries = self._by_resource.get(resource_id)
        if not entries:
            return {}
        shown = ((key, entry.seen(now)) for key, entry in entries.items())
        return {key: value for key, value in shown if value is not None}

    def having(self, filters: Sequence[TagFilter], now: float) -> list[str]:
        """Return the resources that visibly match every filter, of any kind."""
        candidates = min((self._candidates(f) for f in filters), key=len, default={})
        return [each for each in candidates if self.matches(each, filters, now)]

    def _candidates(self, wanted: TagFilter) -> Mapping[str, None]:
        if len(wanted.values) == 1:
            (value,) = wanted.values
            return self._by_pair.get((wanted.key, value), {})
        return self._by_key.get(wanted.key, {})

    def _unindex(self, resource_id: str, key: str, entry: _Entry) -> None:
        self._by_key[key].pop(resource_id, None)
        for value in (entry.value, entry.before):
            if value is not None:
                self._by_pair[key, value].pop(resource_id, None)

    def matches(self, resource_id: str, filters: Sequence[TagFilter], now: float) -> bool:
        """Tell whether a resource visibly matches every filter."""
        tags = self.seen(resource_id, now)
        return all(f.key in tags and (not f.values or tags[f.key] in f.values) for f in filters)

    def rows(self, resource_id: str, now: float) -> dict[str, list[dict[str, str]]]:
        """Return the `Tags` field of a describe answer."""
        tags = self.seen(resource_id, now)
        return {"Tag": [{"TagKey": key, "TagValue": value} for key, value in tags.items()]}


def check_filters(params: Params) -> None:
    """Refuse tag filters that are none.

    Raises:
        ApiError: A value without a key, or more tags than a resource has. Source: the error tables
            of DescribeInstances, DescribeDisks, DescribeImages and DescribeSnapshots.
    """
    groups = params.groups("Tag")
    if len(groups) > MAX_TAGS:
        raise ApiError(400, "InvalidTagCount", "The specified tags are beyond the permitted range.")
    if any(group.text("Value") and not group.text("Key") for group in groups):
        raise ApiError(
            400, "InvalidTag.Mismatch", "The specified Tag.n.Key and Tag.n.Value are not match."
        )


def filters_of(params: Params, name: str = "Tag") -> list[TagFilter]:
    """Read the tag filters of a describe call; the same key twice means either value."""
    wanted: dict[str, set[str]] = {}
    for group in params.groups(name):
        values = wanted.setdefault(group.text("Key"), set())
        if "Value" in group:
            values.add(group.text("Value"))
    return [TagFilter(key, frozenset(values)) for key, values in wanted.items()]


def tags_of(params: Params, name: str = "Tag") -> dict[str, str]:
    """Read and check the tags that a call sets.

    Raises:
        ApiError: A key twice, too many, or a malformed one.
    """
    pairs = [(group.text("Key"), group.text("Value")) for group in params.groups(name)]
    tags = dict(pairs)
    if len(tags) < len(pairs):
        raise ApiError(400, "Duplicate.TagKey", "The Tag.N.Key contain duplicate key.")
    if len(tags) > MAX_TAGS:
        raise ApiError(400, "InvalidTagCount", "The specified tags are beyond the permitted range.")
    for key, value in tags.items():
        _check(key, value)
    return tags


def _check(key: str, value: str) -> None:
    if not key or len(key) > MAX_LENGTH or key.startswith(RESERVED) or _has_link(key):
        raise ApiError(400, "InvalidTagKey.Malformed", "The specified Tag.n.Key is not valid.")
    if len(value) > MAX_LENGTH or value.startswith("acs:") or _has_link(value):
        raise ApiError(400, "InvalidTagValue.Malformed", "The specified Tag.n.Value is not valid.")


def _has_link(text: str) -> bool:
    return "http://" in text or "https://" in text
