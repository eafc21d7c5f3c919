"""What must hold of a run through the real stack: the invariants of the simulation, and more."""

from collections.abc import Iterator

from emulator.http.service import LoggedRequest
from tests.simulation.faults import Call, Fault
from tests.simulation.invariants import entries
from tests.simulation.scenarios import parked, replacements
from tests.simulation.schedules import judged
from tests.stack.cells import MAY_PARK, Cell
from tests.stack.rig import SECRET_KEY, Run


def broken(run: Run, cell: Cell | None) -> list[str]:
    """Return the broken promises of a run in which the fault of `cell` struck, in words."""
    if cell is not None:
        _tell_invariants(run, cell)
    return [
        *judged(run.scenario, run.simulation, run.source),
        *_ended(run, cell),
        *_left(run, cell),
        *_defects(run),
    ]


def _tell_invariants(run: Run, cell: Cell) -> None:
    """Enter the fault where the simulation's own interposer would have noted it."""
    fault = Fault.REFUSED if cell.fault in MAY_PARK else Fault.NOT_SENT
    for one in _struck(run):
        call = Call(0, "worker", one.call.product, one.call.action, one.at)
        run.simulation.interposer.struck.append((call, fault))


def _struck(run: Run) -> Iterator[LoggedRequest]:
    return (one for one in run.requests if one.fault)


def _ended(run: Run, cell: Cell | None) -> Iterator[str]:
    """One Running replacement from one image; or, where that is allowed, parked with a reason."""
    simulation = run.simulation
    images = entries(simulation, "CreateImage")
    if len(images) > 1:
        yield f"{len(images)} images"
    may_park = run.scenario.may_park or (cell is not None and cell.fault in MAY_PARK)
    if parked(simulation):
        if not may_park:
            yield "parked although nothing was refused for good"
        return
    found = replacements(simulation)
    # A source in economical mode is started again, and nothing is launched.
    ran = {record["replacement"]["instance"] for record in simulation.shelf.kept.values()}
    if run.source.instance_id in ran:
        return
    if [one["Status"] for one in found] != ["Running"] or len(images) != 1:
        yield f"ended with {len(images)} images and {[one['Status'] for one in found]}"


def _left(run: Run, cell: Cell | None) -> Iterator[str]:
    """What a lost answer costs is asked for again, and never told as what could not be had."""
    # A command inside of a guest is waited for as long as its time lasts, and no longer.
    is_best_effort = run.scenario.policy.quiesce is not None
    if is_best_effort or (cell is not None and cell.fault in MAY_PARK):
        return
    for record in run.simulation.shelf.kept.values():
        if record["not_kept"]:
            yield f"left behind although nothing was refused for good: {record['not_kept']}"


def _defects(run: Run) -> Iterator[str]:
    """What a worker must never say."""
    for line in run.simulation.notebook.named("bug"):
        yield f"a defect of the product: {line}"
    if SECRET_KEY in run.log:
        yield "the secret key stands in the log"
