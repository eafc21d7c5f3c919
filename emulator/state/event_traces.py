"""What became of each event: the delivery traces that EventBridge answers queries from.

Sources: QueryEventTraces (actions PutEvent, FilterEvent, PushEvent; a status such as `[200]Ok`),
QueryTracedEvents, QueryTracedEventByEventId.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from emulator.state.event_calls import Body, Operation, Refused, page, whole


@dataclass(frozen=True, slots=True)
class TracedEvent:
    """An event that reached a bus.

    Attributes:
        at: Epoch seconds of its arrival.
        rules: Names of the rules that it matched.
        steps: One entry for each thing that was done with it; grows as it is delivered.
    """

    bus: str
    id: str
    source: str
    type: str
    subject: str
    at: float
    rules: tuple[str, ...]
    steps: list[Body] = field(default_factory=list)

    def pushed(self, rule: str, endpoint: str, status: str, now: float) -> None:
        """Note one try to deliver it."""
        self.steps.append(
            {
                **self._step("PushEvent", now),
                "RuleName": rule,
                "Endpoint": endpoint,
                "NotifyStatus": status,
                "NotifyTime": _milliseconds(now),
                "NotifyLatency": str(_milliseconds(now) - _milliseconds(self.at)),
            }
        )

    def received(self) -> None:
        """Note its arrival and the rules that let it through."""
        arrival = _milliseconds(self.at)
        self.steps.append({**self._step("PutEvent", self.at), "ReceivedTime": arrival})
        for rule in self.rules:
            matched = {"RuleName": rule, "RuleMatchingTime": str(arrival)}
            self.steps.append({**self._step("FilterEvent", self.at), **matched})

    def shown(self) -> Body:
        """Show it as QueryTracedEvents does."""
        return {
            "EventBusName": self.bus,
            "EventId": self.id,
            "EventSource": self.source,
            "EventType": self.type,
            "EventReceivedTime": _milliseconds(self.at),
        }

    def _step(self, action: str, now: float) -> Body:
        return {
            "Action": action,
            "ActionTime": _milliseconds(now),
            "EventBusName": self.bus,
            "EventId": self.id,
            "EventSource": self.source,
        }


class Traces:
    """All events of one region, in the order of their arrival."""

    def __init__(self) -> None:
        self._events: list[TracedEvent] = []
        self._by_id: dict[tuple[str, str], list[TracedEvent]] = {}

    def add(self, event: TracedEvent) -> None:
        """Take in an event that reached a bus."""
        event.received()
        self._events.append(event)
        self._by_id.setdefault((event.bus, event.id), []).append(event)

    def operations(self) -> dict[str, Operation]:
        """Name the actions that answer from here."""
        window = ("EventBusName", "StartTime", "EndTime")
        filters = ("EventSource", "EventType", "MatchedRule", "Subject", "Limit", "NextToken")
        event = ("EventBusName", "EventId")
        return {
            "QueryEventTraces": Operation(self._steps, event, success="200"),
            "QueryTracedEvents": Operation(self._query, window, filters),
            "QueryTracedEventByEventId": Operation(self._query_one, event, ("EventSource",)),
        }

    def _steps(self, params: Mapping[str, Any], now: float) -> Body:
        del now
        return {"Data": [step for event in self._of(params) for step in event.steps]}

    def _query_one(self, params: Mapping[str, Any], now: float) -> Body:
        del now
        source = params.get("EventSource")
        found = [event for event in self._of(params) if source in (None, "", event.source)]
        events = [event.shown() for event in found]
        return {"Data": [{"Events": events, "Total": len(events)}]}

    def _query(self, params: Mapping[str, Any], now: float) -> Body:
        del now
        start = whole(params["StartTime"], "RequestParameterInvalid") / 1000
        end = whole(params["EndTime"], "RequestParameterInvalid") / 1000
        if end < start:
            raise Refused("RequestParameterInvalid", "EndTime lies before StartTime.")
        found = [
            event for event in self._events if start <= event.at <= end and _wanted(event, params)
        ]
        part, fields = page(found, params)
        return {"Data": {"Events": [event.shown() for event in part], **fields}}

    def _of(self, params: Mapping[str, Any]) -> list[TracedEvent]:
        return self._by_id.get((str(params["EventBusName"]), str(params["EventId"])), [])


def _wanted(event: TracedEvent, params: Mapping[str, Any]) -> bool:
    rule = params.get("MatchedRule")
    return (
        event.bus == params["EventBusName"]
        and params.get("EventSource") in (None, "", event.source)
        and params.get("EventType") in (None, "", event.type)
        and params.get("Subject") in (None, "", event.subject)
        and (not rule or rule in event.rules)
    )


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
