"""Builds the code package of the function: the same bytes from the same sources, with bytecode.

Takes exactly what is installed in the environment it runs in, which `make setup` fills by the hashes of requirements.lock,
without what only the command line, the rule tool and the emulator need. Bytecode is for the Python that runs this: it must
be one that Function Compute has (3.10 or 3.12). Every module is compiled with a hash that is not checked, so that neither
times nor paths of this machine are in the package, and importing writes and compares nothing.

    make fc-package PYTHON=python3.12
"""

import argparse
import hashlib
import importlib.metadata
import itertools
import os
import platform
import py_compile
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
# Source: Function Compute, "Python runtimes": python3.10 is Debian 10, python3.12 Debian 11.
GLIBC_OF = {(3, 10): (2, 28), (3, 12): (2, 31)}
ROOTS = (
    "alibabacloud-credentials",
    "alibabacloud-ecs20140526",
    "alibabacloud-tea-openapi",
    "alibabacloud-vpc20160428",
    "aliyun-mns-sdk",
    "pydantic",
    "pyyaml",
    "structlog",
    "tenacity",
    "typing-extensions",
)
BALANCERS = ("alibabacloud-alb20200616", "alibabacloud-nlb20220430", "alibabacloud-slb20140515")
# What an import never needs; of a distribution's own records, only its version and name.
_LEFT_OUT = re.compile(r"(^|/)(__pycache__|tests?|docs)/|\.(pyi|pyx|pxd|c|h|typed|pth)$|\.pyc$")
_METADATA = re.compile(r"\.dist-info/")
_OWN_LEFT_OUT = ("worker/cli/",)
_OLDEST = (1980, 1, 1, 0, 0, 0)
_FILE_MODE, _LIBRARY_MODE = 0o644, 0o755
_CODE_DIRECTORY = "/code"
_MANYLINUX = re.compile(r"manylinux_(\d+)_(\d+)")
# Wheels of manylinux2014 are the oldest that are still made.
_MANYLINUX_OLDEST = 17
_BLOCK = 1 << 20


class CannotBuild(Exception):
    """One sentence that says what is missing and what to do."""


def closure(roots: Sequence[str]) -> dict[str, importlib.metadata.Distribution]:
    """Find the distributions that these need, as they are installed here.

    Raises:
        CannotBuild: One is not installed.
    """
    found: dict[str, importlib.metadata.Distribution] = {}
    wanted = [(name, frozenset({""})) for name in roots]
    while wanted:
        name, extras = wanted.pop()
        key = canonicalize_name(name)
        if key in found:
            continue
        try:
            found[key] = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            raise CannotBuild(f"{name} is not installed; run this by `make fc-package`") from None
        for text in found[key].requires or ():
            needed = Requirement(text)
            marker = needed.marker
            if marker is None or any(marker.evaluate({"extra": extra}) for extra in extras):
                wanted.append((needed.name, frozenset(needed.extras) | {""}))
    return dict(sorted(found.items()))


def files_of(distribution: importlib.metadata.Distribution) -> Iterator[tuple[str, Path]]:
    """List what a distribution puts beside its modules, by its place in the package."""
    for file in distribution.files or ():
        place = str(PurePosixPath(file))
        if place.startswith("..") or _LEFT_OUT.search(place):
            continue
        if _METADATA.search(place) and not place.endswith("/METADATA"):
            continue
        yield place, Path(str(file.locate()))


def own_files() -> Iterator[tuple[str, Path]]:
    """List the worker itself and its configuration."""
    for path in sorted((ROOT / "worker").rglob("*.py")):
        place = path.relative_to(ROOT).as_posix()
        if not place.startswith(_OWN_LEFT_OUT):
            yield place, path
    yield "config.yaml", ROOT / "config.yaml"


def is_too_new(distribution: importlib.metadata.Distribution, glibc: tuple[int, int]) -> bool:
    """Tell whether a compiled package needs a newer C library than the runtime has."""
    tags = _MANYLINUX.findall(distribution.read_text("WHEEL") or "")
    return bool(tags) and min((int(major), int(minor)) for major, minor in tags) > glibc


def locked(name: str) -> str:
    """Return the lines of a distribution in requirements.lock, with its hashes."""
    lines = (ROOT / "requirements.lock").read_text("utf-8").splitlines()
    first = next(at for at, line in enumerate(lines) if line.startswith(f"{name}=="))
    following = itertools.takewhile(lambda line: line.startswith(" "), lines[first + 1 :])
    kept = [line for line in following if not line.lstrip().startswith("#")]
    return "\n".join([lines[first], *kept]).rstrip("\\ \n") + "\n"


def older_build(
    distribution: importlib.metadata.Distribution, glibc: tuple[int, int], directory: Path
) -> importlib.metadata.Distribution:
    """Fetch the same release as it was built for the runtime's C library.

    Raises:
        CannotBuild: There is none.
    """
    name, (major, minor) = canonicalize_name(distribution.metadata["Name"]), sys.version_info[:2]
    wanted = directory / "wanted.txt"
    wanted.write_text(locked(name), "utf-8")
    target = directory / name
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    command += ["--require-hashes", "--no-deps", "--only-binary=:all:", "--implementation", "cp"]
    command += ["--python-version", f"{major}.{minor}", "--abi", f"cp{major}{minor}"]
    command += ["--abi", "abi3", "--target", str(target), "-r", str(wanted)]
    for older in range(glibc[1], _MANYLINUX_OLDEST - 1, -1):
        command += ["--platform", f"manylinux_2_{older}_{platform.machine()}"]
    command += ["--platform", f"manylinux2014_{platform.machine()}"]
    if subprocess.call(command) != 0:  # noqa: S603
        raise CannotBuild(f"no build of {name} is old enough for glibc {glibc[0]}.{glibc[1]}")
    (found,) = importlib.metadata.distributions(path=[str(target)])
    return found


def contents(roots: Sequence[str], *, glibc: tuple[int, int] | None = None) -> dict[str, bytes]:
    """Read everything that goes into the package, without bytecode, by its place.

    Args:
        roots: Distributions that go along with all that they need.
        glibc: Newest C library that compiled packages may need; None takes them as they are.

    Raises:
        CannotBuild: A distribution cannot be had.
    """
    places: dict[str, bytes] = {}
    with tempfile.TemporaryDirectory() as name:
        for installed in closure(roots).values():
            fits = glibc is None or not is_too_new(installed, glibc)
            taken = installed if fits else older_build(installed, glibc, Path(name))
            places.update((place, path.read_bytes()) for place, path in files_of(taken))
    places.update((place, path.read_bytes()) for place, path in own_files())
    return dict(sorted(places.items()))


def with_bytecode(places: Mapping[str, bytes]) -> dict[str, bytes]:
    """Add the bytecode of every module."""
    compiled: dict[str, bytes] = {}
    tag = sys.implementation.cache_tag
    with tempfile.TemporaryDirectory() as name:
        source, target = Path(name, "module.py"), Path(name, "module.pyc")
        for place, data in places.items():
            if not place.endswith(".py"):
                continue
            source.write_bytes(data)
            py_compile.compile(
                str(source),
                str(target),
                dfile=f"{_CODE_DIRECTORY}/{place}",
                doraise=True,
                invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
            )
            path = PurePosixPath(place)
            compiled[str(path.parent / "__pycache__" / f"{path.stem}.{tag}.pyc")] = (
                target.read_bytes()
            )
    return dict(sorted({**places, **compiled}.items()))


def write(places: Mapping[str, bytes], target: Path) -> None:
    """Write the package; nothing in it depends on when or where it is written."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w") as package:
        for place, data in places.items():
            entry = zipfile.ZipInfo(place, _OLDEST)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            mode = _LIBRARY_MODE if ".so" in PurePosixPath(place).suffixes else _FILE_MODE
            entry.external_attr = (0o100000 | mode) << 16
            package.writestr(entry, data, compresslevel=9)


def build(target: Path, roots: Sequence[str], *, any_python: bool = False) -> None:
    """Build the package.

    Raises:
        CannotBuild: This Python or this environment cannot.
    """
    version = sys.version_info[:2]
    if version not in GLIBC_OF and not any_python:
        raise CannotBuild(
            f"this is Python {version[0]}.{version[1]}, and Function Compute has 3.10 and 3.12; run"
            " `make fc-package PYTHON=python3.12`"
        )
    places = contents(roots, glibc=None if any_python else GLIBC_OF.get(version))
    write(with_bytecode(places), target)


def main() -> int:
    """Build, and say what was built."""
    if os.environ.get("PYTHONHASHSEED") != "0":
        # The order in which a set is written into bytecode depends on it.
        environ = {**os.environ, "PYTHONHASHSEED": "0"}
        return subprocess.call([sys.executable, *sys.argv], env=environ)  # noqa: S603
    parser = argparse.ArgumentParser(description="Build the code package of the function.")
    parser.add_argument("target", type=Path, nargs="?", default=ROOT / "build/fc/code.zip")
    parser.add_argument("--without-balancers", action="store_true")
    parser.add_argument("--only", action="append", help="for tests: a distribution to take")
    parser.add_argument("--any-python", action="store_true", help="for tests and measurements")
    options = parser.parse_args()
    try:
        roots = options.only or ROOTS + (() if options.without_balancers else BALANCERS)
        build(options.target, roots, any_python=options.any_python)
    except CannotBuild as error:
        print(f"aliyun-ops: {error}", file=sys.stderr)
        return 2
    digest = hashlib.sha256(options.target.read_bytes()).hexdigest()
    with zipfile.ZipFile(options.target) as package:
        unpacked = sum(entry.file_size for entry in package.infolist())
    packed = options.target.stat().st_size
    print(
        f"{options.target}: {packed / _BLOCK:.1f} MiB, {unpacked / _BLOCK:.1f} MiB unpacked,"
        f" runtime python{sys.version_info[0]}.{sys.version_info[1]}, sha256 {digest}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
