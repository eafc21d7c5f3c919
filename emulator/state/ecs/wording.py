"""What people may write: names, descriptions, passwords and times of a launch or a change.

Source: RunInstances, ModifyInstanceAttribute, CreateDisk and ModifyDiskAttribute, the parameters of
these names and the error tables, which give the codes and the sentences.
"""

import re
from collections.abc import Iterable

from emulator.state.ecs.clock_text import from_text
from emulator.state.ecs.params import Params
from emulator.state.errors import ApiError

NAME_LENGTHS = range(2, 129)
DESCRIPTION_LENGTHS = range(2, 257)
HOST_NAME_LENGTHS = range(2, 65)
WINDOWS_HOST_NAME_LENGTHS = range(2, 16)
PASSWORD_LENGTHS = range(8, 31)
PASSWORD_KINDS = 3
SUFFIX_LENGTH = 3
# From half an hour to three years from now. Source: RunInstances, AutoReleaseTime.
RELEASE_AFTER = (30 * 60.0, 3 * 366 * 86_400.0)

# A number of its own for each instance: [], [,], [m,], [,n] or [m,n].
# Source: RunInstances, error table, InvalidInstanceName.CustomMalformed.
SEQUENCE = re.compile(r"\[(?:(\d{0,6}),(\d?))?\]")
# Where the id of the instance is written. Source: RunInstances, HostName.
PLACEHOLDER = "${instance_id}"

_ADDRESSES = ("http://", "https://")
# Letters and digits of any script. Source: RunInstances, InstanceName.
_NAME = re.compile(r"[\w:.\-]+")
_HOST_NAME = re.compile(r"[A-Za-z0-9]+(?:[.-][A-Za-z0-9]+)*")
_PASSWORD_KINDS = (
    re.compile(r"[a-z]"),
    re.compile(r"[A-Z]"),
    re.compile(r"[0-9]"),
    re.compile(r"[()`~!@#$%^&*\-_+=|{}\[\]:;\\\"'<>,.?/]"),
)
_PASSWORD = re.compile(r"[\x21-\x7e]+")
_DEVICE = re.compile(r"/dev/xvd[a-z]{1,2}")


def malformed_text(code: str, name: str, status: int = 400) -> ApiError:
    """Refuse a text that is not formed as its parameter wants it."""
    return ApiError(status, code, f'The specified parameter "{name}" is not valid.')


def check_instance_name(name: str) -> None:
    """Refuse a name that an instance cannot have; an empty one means that none is given."""
    plain = _without_sequence(name)
    if name and not _is_name(plain, of=name):
        raise malformed_text("InvalidInstanceName.Malformed", "InstanceName")


def check_new_name(name: str) -> None:
    """Refuse a name that an instance cannot get later. Source: ModifyInstanceAttribute."""
    if not _is_name(name, of=name) or not name[0].isalpha():
        raise malformed_text("InvalidInstanceName.Malformed", "InstanceName")


def check_host_name(name: str, *, windows: bool) -> None:
    """Refuse a host name that the system of an instance cannot have."""
    plain = _without_sequence(name).replace(PLACEHOLDER, "x")
    if name and not is_host_name(plain, windows=windows):
        raise malformed_text("InvalidHostName.Malformed", "HostName")


def is_host_name(name: str, *, windows: bool = False) -> bool:
    """Tell whether a system can be called so."""
    if _HOST_NAME.fullmatch(name) is None:
        return False
    if windows:
        return len(name) in WINDOWS_HOST_NAME_LENGTHS and "." not in name and not name.isdigit()
    return len(name) in HOST_NAME_LENGTHS


def check_suffixed(name: str, host: str) -> None:
    """Refuse names to which a number of three digits cannot be appended.

    Source: RunInstances, error table, InvalidParams.InstanceNameExceed and HostnameExceed.
    """
    for text, lengths, code, word in (
        (name, NAME_LENGTHS, "InstanceNameExceed", "InstanceName"),
        (host, HOST_NAME_LENGTHS, "HostnameExceed", "Hostname"),
    ):
        if len(text) + SUFFIX_LENGTH >= lengths.stop:
            raise ApiError(
                403,
                f"InvalidParams.{code}",
                f"The uniqueSuffix takes three naming places, please shorten your {word}.",
            )


def check_description(text: str, code: str = "InvalidDescription.Malformed") -> None:
    """Refuse a description of another length, or one that is an address."""
    if text and not _is_plain(text, DESCRIPTION_LENGTHS):
        raise malformed_text(code, "Description")


def check_interface_name(name: str) -> None:
    """Refuse a name that an interface cannot have. Source: CreateNetworkInterface."""
    if name and not _is_plain(name, NAME_LENGTHS):
        raise malformed_text("InvalidParameter", "NetworkInterfaceName")


def _is_plain(text: str, lengths: range) -> bool:
    return len(text) in lengths and not text.startswith(_ADDRESSES)


def check_disk_name(name: str) -> None:
    """Refuse a name that a disk cannot have."""
    if name and not _is_name(name, of=name):
        raise malformed_text("InvalidDiskName.Malformed", "DiskName")


def check_devices(names: Iterable[str]) -> None:
    """Refuse names that no disk can be attached under, and one that is used twice.

    Source: RunInstances, error table, InvalidDataDevice.Malformed and InvalidDevice.InUse.
    """
    seen: set[str] = set()
    for name in filter(None, names):
        if _DEVICE.fullmatch(name) is None:
            raise malformed_text("InvalidDataDevice.Malformed", "DataDisk.n.Device")
        if name in seen:
            raise ApiError(403, "InvalidDevice.InUse", "The specified device has been occupied.")
        seen.add(name)


def check_password(text: str, *, windows: bool) -> None:
    """Refuse a password that is too short, too long or too plain."""
    kinds = sum(kind.search(text) is not None for kind in _PASSWORD_KINDS)
    well = len(text) in PASSWORD_LENGTHS and kinds >= PASSWORD_KINDS and _PASSWORD.fullmatch(text)
    if text and (not well or (windows and text.startswith("/"))):
        raise malformed_text("InvalidPassword.Malformed", "Password")


def check_release_time(params: Params, now: float) -> None:
    """Refuse an instant of release that is none, is too near or too far away."""
    text = params.text("AutoReleaseTime")
    if not text:
        return
    nearest, farthest = RELEASE_AFTER
    try:
        # Seconds are cut off, so that half an hour can be a minute less.
        fits = nearest - 60.0 <= from_text(text) - now <= farthest
    except ValueError:
        fits = False
    if not fits:
        raise malformed_text("InvalidAutoReleaseTime.Malformed", "AutoReleaseTime")


def _is_name(name: str, *, of: str) -> bool:
    well = _NAME.fullmatch(name) is not None and len(of) in NAME_LENGTHS
    return well and not of.startswith(_ADDRESSES)


def _without_sequence(name: str) -> str:
    """Take the place of a number out of a name.

    Raises:
        ApiError: There are brackets, and no such place. Source: RunInstances, error table.
    """
    plain = SEQUENCE.sub("0", name, count=1)
    if "[" in plain or "]" in plain:
        raise ApiError(
            400,
            "InvalidInstanceName.CustomMalformed",
            "Customized section of instance or host name is invalid, please use valid format: "
            "[], [,], [m,], [,n], [m,n].",
        )
    return plain
