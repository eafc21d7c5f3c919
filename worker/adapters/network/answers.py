"""Answers to moves: every definite refusal is a value, for none may stop the other moves."""

from worker.adapters.ecs.call import Body
from worker.adapters.ecs.endpoint import Refusal
from worker.adapters.error_map import Kind
from worker.core.model import Accepted, Exists, Gone, MoveAnswer, NotReady, Refused


def move_answer(answer: Body | Refusal, resource_id: str) -> MoveAnswer:
    """Turn the outcome of a change into the answer of a port."""
    if not isinstance(answer, Refusal) or answer.kind is Kind.DONE:
        return Accepted(resource_id)
    match answer.kind:
        case Kind.EXISTS:
            return Exists()
        case Kind.GONE:
            return Gone(answer.code)
        case Kind.NOT_READY:
            return NotReady(answer.code)
        case _:
            return Refused(answer.code)
