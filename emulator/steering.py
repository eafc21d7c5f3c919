"""What each order of the control API does to the running emulator."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import Any, TypeVar

from pydantic import BaseModel

from emulator.faults import FaultRule
from emulator.http.service import Latency, Service
from emulator.orders import (
    FAULT,
    AccessKeyOrder,
    ClockOrder,
    FaultRemoval,
    ImageOrder,
    InstanceOrder,
    InterruptOrder,
    RedeliverOrder,
    Scenario,
    SettingsOrder,
    StockOrder,
    VanishOrder,
    WriteOrder,
)
from emulator.scenario import apply_scenario, set_stock
from emulator.state.ecs.service import EcsService
from emulator.state.errors import ApiError
from emulator.state.ram import Policy
from emulator.wire.rpc_signature import AccessKey

Answer = Mapping[str, Any]
Read = Callable[[bytes], Any]
Run = Callable[[Any], Answer]
Order = TypeVar("Order", bound=BaseModel)


class Steering:
    """Carries orders out; each answers at once and says what came of it."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def orders(self) -> dict[str, tuple[Read, Run]]:
        """Return by path how an order is read and what carries it out."""
        return {
            "clock": _as(ClockOrder, self._clock),
            "interrupt": _as(InterruptOrder, self._interrupt),
            "cancel-interruption": _as(InstanceOrder, self._cancel_interruption),
            "write": _as(WriteOrder, self._write),
            "stock": _as(StockOrder, self._stock),
            "vanish": _as(VanishOrder, self._vanish),
            "end-image": _as(ImageOrder, self._end_image),
            "redeliver": _as(RedeliverOrder, self._redeliver),
            "faults": (FAULT.validate_json, self._add_fault),
            "faults/clear": _as(FaultRemoval, self._remove_faults),
            "settings": _as(SettingsOrder, self._settings),
            "access-keys": _as(AccessKeyOrder, self._add_access_key),
            "scenario": _as(Scenario, self._scenario),
            "reset": _as(Scenario, self._reset),
        }

    def _clock(self, order: ClockOrder) -> Answer:
        clock = self._service.clock
        if order.pause:
            clock.pause()
        if order.advance:
            clock.advance(order.advance)
        if order.speed is not None:
            clock.set_speed(order.speed)
        if order.resume:
            clock.resume()
        return clock.as_json()

    def _interrupt(self, order: InterruptOrder) -> Answer:
        # Only what was said: the rest is the platform's own business.
        given = {name: getattr(order, name) for name in order.model_fields_set - {"instance_id"}}
        now = self._service.now()
        instance_id = self._named(order.instance_id)
        notice = self._home_of(instance_id).interrupt(instance_id, now, **given)
        return {"t0": notice.t0, "release_at": notice.release_at, "event_id": notice.event_id}

    def _cancel_interruption(self, order: InstanceOrder) -> Answer:
        ecs = self._home_of(order.instance_id)
        ecs.cancel_interruption(order.instance_id, self._service.now())
        return {}

    def _write(self, order: WriteOrder) -> Answer:
        self._home_of(order.instance_id).write(
            order.instance_id,
            order.disk,
            order.path,
            order.text,
            self._service.now(),
            flush=order.flush,
        )
        return {}

    def _stock(self, order: StockOrder) -> Answer:
        set_stock(self._service.cloud, self._region(order.region), order, self._service.now())
        return {}

    def _vanish(self, order: VanishOrder) -> Answer:
        self._service.cloud.ecs[self._region(order.region)].vanish_next(order.count)
        return {}

    def _end_image(self, order: ImageOrder) -> Answer:
        now = self._service.now()
        for ecs in self._service.cloud.ecs.values():
            if order.image_id in ecs.region.images:
                ecs.end_image(order.image_id, now, available=order.available)
                return {}
        raise ApiError(404, "InvalidImageId.NotFound", "The ImageId does not exist.")

    def _redeliver(self, order: RedeliverOrder) -> Answer:
        queues = self._service.cloud.queues(self._region(order.region))
        queues.redeliver(order.queue, order.message_id, self._service.now())
        return {}

    def _add_fault(self, rule: FaultRule) -> Answer:
        return {"id": self._service.faults.add(rule)}

    def _remove_faults(self, order: FaultRemoval) -> Answer:
        return {"removed": self._service.faults.remove(order.id)}

    def _settings(self, order: SettingsOrder) -> Answer:
        service = self._service
        if order.latency is not None:
            least, most = order.latency
            service.latency = Latency(min(least, most) / 1000, max(least, most) / 1000)
        if "long_poll_cap" in order.model_fields_set:
            service.polls.cap = order.long_poll_cap
        if order.clock_skew is not None:
            service.clock_skew = order.clock_skew
        if order.jitter is not None:
            for ecs in service.cloud.ecs.values():
                ecs.region.settings = replace(ecs.region.settings, jitter=order.jitter)
        return {
            "latency": asdict(service.latency),
            "long_poll_cap": service.polls.cap,
            "clock_skew": service.clock_skew,
        }

    def _add_access_key(self, order: AccessKeyOrder) -> Answer:
        until = None
        if order.valid_seconds is not None:
            until = self._service.real_now() + order.valid_seconds
        key = AccessKey(order.access_key_id, order.secret, order.security_token, until)
        allowed = None if order.policies is None else tuple(map(Policy.read, order.policies))
        self._service.keys[key.access_key_id] = key
        self._service.permissions.allow(key.access_key_id, allowed)
        return {"valid_until": until}

    def _scenario(self, order: Scenario) -> Answer:
        return apply_scenario(self._service, order)

    def _reset(self, order: Scenario) -> Answer:
        self._service.reset()
        return apply_scenario(self._service, order)

    def _region(self, given: str | None) -> str:
        cloud = self._service.cloud
        region = given or cloud.regions[0]
        if region not in cloud.regions:
            raise ApiError(404, "InvalidRegionId.NotFound", f"The region {region} does not exist.")
        return region

    def _named(self, name: str) -> str:
        """Return the id of the only instance with a name; what names none or several is taken for an id."""
        regions = [ecs.region for ecs in self._service.cloud.ecs.values()]
        found = [
            each.instance_id
            for region in regions
            for each in region.instances.values()
            if each.options.instance_name == name
        ]
        return found[0] if len(found) == 1 else name

    def _home_of(self, instance_id: str) -> EcsService:
        """Return the ECS in which an instance is.

        Raises:
            ApiError: There is none with this id.
        """
        for ecs in self._service.cloud.ecs.values():
            if instance_id in ecs.region.instances:
                return ecs
        raise ApiError(
            404, "InvalidInstanceId.NotFound", "The specified InstanceId does not exist."
        )


def _as(kind: type[Order], run: Callable[[Order], Answer]) -> tuple[Read, Run]:
    return kind.model_validate_json, run
