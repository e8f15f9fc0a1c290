"""Plug-ins made findable without installing anything: a dist-info directory, written from their own metadata."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
import xml.etree.ElementTree as ET
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

GROUP = "thuphi.connectors"
EXAMPLE = Path(__file__).parents[1] / "example_bank"
EXAMPLES = Path(__file__).parents[1] / "example_wallets"


def install(project: Path, site: Path) -> None:
    """What an installer writes for a project's `pyproject.toml`, as far as entry points need it."""
    declared = tomllib.loads((project / "pyproject.toml").read_text("utf-8"))["project"]
    write_dist_info(site, declared["name"], declared["version"], declared["entry-points"])


def write_dist_info(site: Path, name: str, version: str, groups: Mapping[str, Mapping[str, str]]) -> None:
    """`METADATA` and `entry_points.txt` (PyPA specifications: core metadata, entry points)."""
    place = site / f"{name.replace('-', '_')}-{version}.dist-info"
    place.mkdir(parents=True)
    (place / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    sections = [
        "\n".join([f"[{group}]", *(f"{key} = {value}" for key, value in entries.items())])
        for group, entries in groups.items()
    ]
    (place / "entry_points.txt").write_text("\n\n".join(sections) + "\n")


@dataclass(frozen=True, slots=True)
class Ran:
    """One run of the kit: its tests by name with the text of their failure, empty where they passed."""

    status: int
    output: str
    results: Mapping[str, str]
    skipped: int

    def of(self, connector: str) -> dict[str, str]:
        """The results of one connector."""
        named = re.compile(rf"[\[-]{re.escape(connector)}[\]-]")
        return {name: failure for name, failure in self.results.items() if named.search(name)}

    def failed(self, connector: str) -> set[str]:
        """The functions that failed for one connector."""
        return {name.partition("[")[0].rpartition(".")[2] for name, failure in self.of(connector).items() if failure}


def run_kit(names: Sequence[str], path: Sequence[Path], scratch: Path, only: Collection[str] = ()) -> Ran:
    """The one command, in a process and a configuration of its own, with warnings as errors; on request a part of it."""
    scratch.mkdir(parents=True, exist_ok=True)
    (scratch / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
    report = scratch / "report.xml"
    chosen = [part for name in names for part in ("--connector", name)]
    # No plug-in by entry point: the kit's own would come twice, and the others only take time.
    plugin = ["-p", "connectors.conformance.plugin", "-p", "no:cacheprovider"]
    command = [sys.executable, "-m", "pytest", "-c", "pytest.ini", "-q", "--strict-markers", *plugin]
    command += ["--tb=no", f"--junit-xml={report}", *chosen, "--pyargs"]
    command += [f"connectors.conformance.{test}" for test in sorted(only)] or ["connectors.conformance"]
    searched = os.pathsep.join([*map(str, path), str(Path(__file__).parents[3])])
    environment = {**os.environ, "PYTHONPATH": searched, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(command, cwd=scratch, env=environment, capture_output=True, text=True, timeout=300)
    cases = list(ET.parse(report).iter("testcase")) if report.exists() else []
    return Ran(
        done.returncode,
        done.stdout + done.stderr,
        {f"{case.attrib['classname']}.{case.attrib['name']}": _failure(case) for case in cases},
        sum(case.find("skipped") is not None for case in cases),
    )


def _failure(case: ET.Element) -> str:
    found = [part for kind in ("failure", "error") if (part := case.find(kind)) is not None]
    return (found[0].get("message") or "failed") if found else ""
