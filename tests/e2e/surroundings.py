"""What the processes of a test find around them."""

import os

_FOREIGN = ("ALIBABA_CLOUD_", "ALIYUN_OPS_", "FC_", "LC_", "LANG")
_KEPT = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith(_FOREIGN) and not name.lower().endswith("_proxy")
}


def environment(role: str = "worker") -> dict[str, str]:
    """The test's environment without a trace of a real account or a proxy, with the key of a role."""
    return {
        **_KEPT,
        "PYTHONUTF8": "1",
        # As wide as what no terminal shows, wherever the tests are started from.
        "COLUMNS": "80",
        "ALIBABA_CLOUD_ACCESS_KEY_ID": role,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": f"{role}-secret",
        "ALIYUN_OPS_SIGNING_KEY": "only-for-this-test-0123456789",
    }
