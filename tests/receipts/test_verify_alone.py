"""The verifier meets every hostile file at once, in a process that may open nothing, call nobody and spend little."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
FEWEST = 80
CPU_SECONDS = 120  # of the processor, however busy the machine is: without a bound one bomb takes hours
MEGABYTES = 300  # more than before, for the largest of them

PROGRAM = """
import json, resource, sys
from pathlib import Path
from tests.receipts import test_hostile, test_profile
from tests.receipts.forge import altered, forged, genuine, LATER, trust
from receipts.refused import Refused
from receipts.verify import verify

pipe = sys.argv[1]  # who opens it waits for ever: nobody writes

def cases():
    for module in (test_hostile, test_profile):
        for mark in module.test_hostile_bytes.pytestmark:
            if mark.name == "parametrize":
                yield from (make() for make, _ in mark.args[1])
        yield from (forged(edit) for _, edit, _ in module.HOSTILE)
    for opened in (f'<!DOCTYPE BLai SYSTEM "{pipe}">', f'<!DOCTYPE BLai [<!ENTITY e SYSTEM "{pipe}">]>',
                   f'<!DOCTYPE BLai [<!ENTITY % e SYSTEM "file://{pipe}"> %e;]>', f'<?xml-stylesheet href="{pipe}"?>'):
        yield altered("?><BLai>", f"?>{opened}<BLai>").replace(b"<Ten>Nguy", b"<Ten>&e;Nguy")
    for address in (pipe, f"file://{pipe}", "http://127.0.0.1:9/x"):
        yield forged(lambda work: work.references[0].set("URI", address))

files = list(cases())
assert verify(genuine(), trust=trust(), at=LATER).number == 1  # everything is imported and warm
touched, armed = [], True
WATCHED = ("open", "socket.", "subprocess.", "os.", "urllib.", "ctypes.", "import")

def hook(event, arguments):
    if armed and event.startswith(WATCHED):
        touched.append([event, str(arguments)[:80]])

sys.addaudithook(hook)
used = resource.getrusage(resource.RUSAGE_SELF)
limit = int(used.ru_utime + used.ru_stime) + int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
accepted, codes = [], set()
for place, file in enumerate(files):
    try:
        verify(file, trust=trust(), at=LATER)
        accepted.append(place)
    except Refused as refused:
        codes.add(refused.code)
armed = False
grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - used.ru_maxrss) // 1024
print(json.dumps({"files": len(files), "accepted": accepted, "codes": sorted(codes), "touched": touched, "grown": grown}))
"""


def test_no_hostile_file_is_accepted_opens_anything_or_takes_the_machine(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM, str(pipe), str(CPU_SECONDS)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    found = json.loads(done.stdout)
    assert found["files"] >= FEWEST
    assert found["accepted"] == []
    assert found["touched"] == []
    assert found["grown"] <= MEGABYTES
    kinds = {code.partition(".")[0] for code in found["codes"]}
    assert kinds >= {"structure", "algorithm", "signature", "content", "file"}
