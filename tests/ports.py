"""All ports of the steps over one endpoint, without keys and without recorded captures."""

from worker.adapters.captures import SignedCaptures, no_documents
from worker.adapters.crew import Alone, Crew
from worker.adapters.ecs.endpoint import Endpoint
from worker.adapters.sealing import WITHOUT_KEYS
from worker.bootstrap import build_cloud
from worker.steps import CloudPorts


def ports_over(endpoint: Endpoint, crew: Crew | None = None) -> CloudPorts:
    """Return them; nobody is waited for unless a crew is given."""
    captures = SignedCaptures(no_documents, "", endpoint.region, (), endpoint.telemetry)
    return build_cloud(endpoint, crew or Alone(), sealing=WITHOUT_KEYS, captures=captures)
