"""Puts the bound of `deadline.py` under the ECS and VPC SDKs, whose timeouts are per read."""

import threading
from importlib import import_module
from typing import Any, Final

from worker.adapters import deadline

_lock: Final = threading.Lock()


def bound() -> None:
    """Let every connection that the SDKs open from now on keep to `deadline.within`.

    The SDKs take neither a session nor an adapter; their core makes one adapter for each host, by
    `get_adapter`, and that is where the pools of urllib3 are exchanged for ours. A connection through
    a proxy has the timeouts of its reads only.
    """
    core = import_module("darabonba.core").DaraCore
    with _lock:
        make = core.get_adapter
        if getattr(make, "is_bounded", False):
            return
        pools = _pools()

        def get_adapter(*args: Any, **kwargs: Any) -> Any:
            adapter = make(*args, **kwargs)
            adapter.poolmanager.pool_classes_by_scheme = pools
            return adapter

        get_adapter.is_bounded = True  # type: ignore[attr-defined]
        core.get_adapter = staticmethod(get_adapter)


def _pools() -> dict[str, type]:
    """Return urllib3's pools by scheme, with connections that read bounded answers."""
    connection = import_module("urllib3.connection")
    pool = import_module("urllib3.connectionpool")
    plain = _with(connection.HTTPConnection, response_class=deadline.Response)
    secure = _with(connection.HTTPSConnection, response_class=deadline.Response)
    return {
        "http": _with(pool.HTTPConnectionPool, ConnectionCls=plain),
        "https": _with(pool.HTTPSConnectionPool, ConnectionCls=secure),
    }


def _with(base: type, **attributes: object) -> type:
    return type(f"Bounded{base.__name__}", (base,), attributes)
