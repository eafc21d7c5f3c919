"""Access keys of the emulator that may do what deploy/ram grants, whatever queues and bus are called."""

from emulator.http.service import Service
from emulator.state.ram import Policy
from emulator.wire.rpc_signature import AccessKey
from worker.adapters import credentials
from worker.core.grants import Names, Role, policy_of

ANY = Names("*", "*", "*", "*")
# Of an adapter that no step uses, so that no role is granted them.
_UNUSED = Policy.read(
    {
        "Version": "1",
        "Statement": [
            {"Effect": "Allow", "Action": ["ecs:AttachDisk", "ecs:DetachDisk"], "Resource": "*"}
        ],
    }
)


def restrict(service: Service, name: str, *roles: Role) -> None:
    """Add a key that may do what these roles may."""
    service.keys[name] = AccessKey(name, f"{name}-secret")
    granted = [Policy.read(policy_of(role, ANY)) for role in roles]
    service.permissions.allow(name, (*granted, _UNUSED))


def environ(name: str) -> dict[str, str]:
    """The environment in which a key's holder runs."""
    return {credentials.KEY_ID: name, credentials.KEY_SECRET: f"{name}-secret"}


def denied(service: Service) -> list[str]:
    """List what was denied to whom."""
    return [
        f"{row['access_key_id']}: {row['action']} on {row['resources']}"
        for row in service.permissions.listing()
        if row["denied"]
    ]
