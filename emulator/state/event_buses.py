"""Event buses: the built-in one, custom ones, and PutEvents onto the custom ones.

Sources: CreateEventBus, UpdateEventBus, GetEventBus, ListEventBuses, DeleteEventBus, PutEvents,
"Limits". That only Alibaba Cloud services publish on bus `default` follows from its description; the
code of that refusal is documented for EventBridge, its use here is not.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from emulator.state.event_calls import Body, Operation, Refused, objects, page, refuse_unknown
from emulator.state.event_model import DEFAULT_BUS, Bus
from emulator.state.interruption import timestamp
from emulator.state.world import World

# Source: "Limits": custom buses in a region.
CUSTOM_BUSES = 50
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,126}")
RESERVED_PREFIX = "eventbridge-reserved-"

# Source: "Limits": the parts of an event.
EVENT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,127}")
SOURCE_LIMIT = 128
TYPE_LIMIT = 64
SUBJECT_LIMIT = 512

_EVENT_FIELDS = {
    "Data": "data",
    "DataContentType": "datacontenttype",
    "DataSchema": "dataschema",
    "Id": "id",
    "Source": "source",
    "SpecVersion": "specversion",
    "Subject": "subject",
    "Time": "time",
    "Type": "type",
}

# Source: "Event overview", extension attributes.
BUS_ATTRIBUTE = "aliyuneventbusname"

Publish = Callable[[str, Mapping[str, Any], float], None]


class EventBuses:
    """The buses of one region.

    Args:
        world: The cloud.
        region: Region of the buses.
        publish: Takes bus, event and time for each event that PutEvents accepts.
    """

    def __init__(self, world: World, region: str, publish: Publish) -> None:
        self._world = world
        self._region = region
        self._publish = publish
        self._buses = {DEFAULT_BUS: self._new(DEFAULT_BUS, "", 0.0)}

    def operations(self) -> dict[str, Operation]:
        """Name the actions that answer from here."""
        bus = ("EventBusName",)
        listing = ("NamePrefix", "Limit", "NextToken")
        return {
            "CreateEventBus": Operation(self._create, bus, ("Description",)),
            "UpdateEventBus": Operation(self._update, bus, ("Description",)),
            "GetEventBus": Operation(self._get, bus),
            "ListEventBuses": Operation(self._list, (), listing),
            "DeleteEventBus": Operation(self._delete, bus, success="200"),
            "PutEvents": Operation(self._put, (*bus, "EventList"), success="200"),
        }

    def find(self, params: Mapping[str, Any]) -> Bus:
        """Find the bus that a call names.

        Raises:
            Refused: `EventBusNotExist`.
        """
        name = str(params["EventBusName"])
        bus = self._buses.get(name)
        if bus is None:
            raise Refused("EventBusNotExist", f"The event bus [{name}] not existed!")
        return bus

    def named(self, name: str) -> Bus:
        """Return a bus that is known to exist."""
        return self._buses[name]

    def arn(self, name: str) -> str:
        """Write a bus's resource name."""
        return f"acs:eventbridge:{self._region}:{self._world.account_id}:eventbus/{name}"

    def _new(self, name: str, description: str, now: float) -> Bus:
        return Bus(name, self.arn(name), description, now)

    def _create(self, params: Mapping[str, Any], now: float) -> Body:
        name = str(params["EventBusName"])
        if not NAME.fullmatch(name) or name == DEFAULT_BUS or name.startswith(RESERVED_PREFIX):
            raise Refused("EventBusNameInvalid", f"The event bus name [{name}] is invalid!")
        if name in self._buses:
            raise Refused("EventBusAlreadyExist", f"The event bus [{name}] already existed!")
        if len(self._buses) > CUSTOM_BUSES:
            raise Refused("EventBusCountExceedLimit", f"There are {CUSTOM_BUSES} buses already.")
        bus = self._buses[name] = self._new(name, str(params.get("Description") or ""), now)
        self._world.record(now, "eventbridge", self._region, "CreateEventBus", name)
        return {"Data": {"EventBusARN": bus.arn}}

    def _update(self, params: Mapping[str, Any], now: float) -> Body:
        """Change a bus's description; one that is left out stays, as UpdateRule's does."""
        bus = self.find(params)
        if bus.name == DEFAULT_BUS:
            raise Refused("EventBusNameInvalid", f"The event bus [{bus.name}] stays.")
        if params.get("Description") is not None:
            bus.description = str(params["Description"])
        self._world.record(now, "eventbridge", self._region, "UpdateEventBus", bus.name)
        return {}

    def _get(self, params: Mapping[str, Any], now: float) -> Body:
        del now
        return {"Data": self.find(params).shown()}

    def _list(self, params: Mapping[str, Any], now: float) -> Body:
        del now
        prefix = str(params.get("NamePrefix") or "")
        found = [self._buses[name] for name in sorted(self._buses) if name.startswith(prefix)]
        part, fields = page(found, params)
        return {"Data": {"EventBuses": [bus.shown() for bus in part], **fields}}

    def _delete(self, params: Mapping[str, Any], now: float) -> Body:
        """Delete a bus; an absent one is no failure. Source: DeleteEventBus, Success."""
        name = str(params["EventBusName"])
        if name == DEFAULT_BUS:
            raise Refused("EventBusNameInvalid", f"The event bus [{name}] stays.")
        bus = self._buses.get(name)
        if bus is None:
            return {"Data": False}
        if bus.rules:
            message = f"The rules of eventbus [{name}] exist."
            raise Refused("EventBusRuleNotEmptyForDelete", message)
        del self._buses[name]
        self._world.record(now, "eventbridge", self._region, "DeleteEventBus", name)
        return {"Data": True}

    def _put(self, params: Mapping[str, Any], now: float) -> Body:
        bus = self.find(params)
        _refuse_default(bus)
        entries = [
            self._put_one(bus, raw, now) for raw in objects(params["EventList"], "EventList")
        ]
        return {"Data": _counted(entries)}

    def _put_one(self, bus: Bus, raw: Mapping[str, Any], now: float) -> Body:
        refuse_unknown(
            "eventbridge PutEvents EventList", set(raw) - set(_EVENT_FIELDS), self._world
        )
        try:
            event = {**self._stamp(bus, now), **_event(raw)}
        except Refused as refusal:
            return _failed_entry(str(raw.get("Id") or ""), refusal)
        self._publish(bus.name, event, now)
        return {"EventId": event["id"], "TraceId": event["id"]}

    def put_cloud_events(self, events: Sequence[Mapping[str, Any]], now: float) -> Body:
        """Take in events of the data API, each for the bus that it names.

        Args:
            events: CloudEvents in JSON.
            now: Epoch seconds of the arrival.

        Returns:
            EntryList and FailedEntryCount, as PutEvents answers them.
        """
        return _counted([self._put_cloud_event(event, now) for event in events])

    def _put_cloud_event(self, event: Mapping[str, Any], now: float) -> Body:
        """Take in one event of the data API, which names its bus itself.

        Source: PutEvents in its older text, the extension attribute aliyuneventbusname, which has to
        be there. UNVERIFIED: that an event without it is for `default`.

        Returns:
            The event's row in the answer's EntryList.
        """
        try:
            bus = self.find({"EventBusName": event.get(BUS_ATTRIBUTE) or DEFAULT_BUS})
            _refuse_default(bus)
            own = {
                name: value
                for name, value in event.items()
                if value not in (None, "") and not name.startswith("aliyun")
            }
            whole = {**self._stamp(bus, now), **_checked(own)}
        except Refused as refusal:
            return _failed_entry(str(event.get("id") or ""), refusal)
        self._publish(bus.name, whole, now)
        event_id = str(whole["id"])
        return {"EventId": event_id, "TraceId": event_id}

    def _stamp(self, bus: Bus, now: float) -> Body:
        """Write what EventBridge adds. Source: "Event overview", extension attributes."""
        account = self._world.account_id
        return {
            "specversion": "1.0",
            "datacontenttype": "application/json;charset=utf-8",
            "time": timestamp(now, "rfc3339"),
            "aliyunaccountid": account,
            "aliyunoriginalaccountid": account,
            "aliyunpublishtime": timestamp(now, "prc"),
            BUS_ATTRIBUTE: bus.name,
            "aliyunregionid": self._region,
            "aliyunpublishaddr": "127.0.0.1",
        }


def _refuse_default(bus: Bus) -> None:
    if bus.name == DEFAULT_BUS:
        raise Refused("AccessDenied", "Only Alibaba Cloud services publish on this bus.")


def _counted(entries: list[Body]) -> Body:
    failed = sum("ErrorCode" in entry for entry in entries)
    return {"EntryList": entries, "FailedEntryCount": failed}


def _failed_entry(event_id: str, refusal: Refused) -> Body:
    return {"EventId": event_id, "ErrorCode": refusal.code, "ErrorMessage": refusal.message}


def _event(raw: Mapping[str, Any]) -> Body:
    return _checked(
        {_EVENT_FIELDS[name]: value for name, value in raw.items() if value not in (None, "")}
    )


def _checked(event: Body) -> Body:
    if not EVENT_ID.fullmatch(str(event.get("id", ""))):
        raise Refused("EventIdEmpty", "The event id is empty or malformed.")
    if not 0 < len(str(event.get("source", ""))) <= SOURCE_LIMIT:
        raise Refused("EventSourceInvalid", "The event source is invalid!")
    if not 0 < len(str(event.get("type", ""))) <= TYPE_LIMIT:
        raise Refused("EventTypeInvalid", "The event type is invalid!")
    if len(str(event.get("subject", ""))) > SUBJECT_LIMIT:
        raise Refused("EventSubjectInvalid", "The event subject is invalid!")
    return event
