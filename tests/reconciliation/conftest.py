"""One Spark session for all tests of a process: starting one costs more than most of what is tested on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

# A test's Java machine runs for seconds: the compiler that makes a long run fast would take more time than it saves.
JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:-UsePerfData"


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Engines of the kind `spark` open beside one another in this session."""
    from reconciliation import cluster

    place = tmp_path_factory.mktemp("spark")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JDK_JAVA_OPTIONS", f"{JAVA} -Djava.io.tmpdir={place}")
        patch.delenv("SPARK_MASTER", raising=False)
        with cluster.started(place, {"spark.sql.shuffle.partitions": "1", "spark.default.parallelism": "1"}):
            yield
