"""Answers to changes that a recreation can live without: keeping disks, tagging, stopping."""

from worker.adapters.ecs.call import Body
from worker.adapters.ecs.endpoint import Refusal
from worker.adapters.error_map import Kind
from worker.core.model import Accepted, Gone, Refused


def tolerant_answer(answer: Body | Refusal, resource_id: str = "") -> Accepted | Refused | Gone:
    """Turn every definite refusal into an answer: none of them may stop the image."""
    if not isinstance(answer, Refusal):
        return Accepted(resource_id)
    if answer.kind is Kind.DONE:
        return Accepted(resource_id)
    if answer.kind is Kind.GONE:
        return Gone(answer.code)
    return Refused(answer.code)
