"""The composition root of the operator's tools that change or delete: what a worker must not reach.

`worker.bootstrap` does not import it, and an import contract keeps it so.
"""

from collections.abc import Callable
from pathlib import Path

from worker import operator_ports
from worker.adapters.captures import DirectoryCaptures
from worker.adapters.ecs.deletion import EcsDeletion
from worker.adapters.ecs.disk_settings import EcsDiskSettings
from worker.adapters.ecs.fleet import EcsFleet
from worker.adapters.ecs.leftovers import EcsLeftovers
from worker.adapters.ecs.prices import EcsPrices
from worker.bootstrap import Surroundings, build_endpoint
from worker.ops.audit import Audit
from worker.ops.patience import Patience
from worker.ops.sweep import Sweep


def build_sweep(around: Surroundings, patience: Patience, named: frozenset[str]) -> Sweep:
    """Return the sweep of this deployment; it can look and not delete."""
    endpoint = build_endpoint(around)
    return Sweep(
        leftovers=EcsLeftovers(endpoint),
        prices=EcsPrices(endpoint),
        clock=around.clock,
        patience=patience,
        owner=around.settings.owner,
        named=named,
    )


def build_deletion(around: Surroundings) -> operator_ports.Deletion:
    """Return what deletes."""
    return EcsDeletion(build_endpoint(around))


def build_patience(around: Surroundings, pause: Callable[[float], None]) -> Patience:
    """Return what waits out refusals for rate; `pause` sleeps for real seconds."""
    return Patience(around.clock, pause)


def build_audit(around: Surroundings, patience: Patience) -> Audit:
    """Return the audit of this deployment; it can look and not change."""
    return Audit(EcsFleet(build_endpoint(around)), patience)


def build_disk_settings(around: Surroundings) -> operator_ports.DiskSettings:
    """Return what changes disks."""
    return EcsDiskSettings(build_endpoint(around))


def build_captures(directory: Path) -> DirectoryCaptures:
    """Return the files that captures are kept in."""
    return DirectoryCaptures(directory)
