"""Every connector passes the kit by its one command, a stranger's plug-in too, and a wrong one does not."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors import registry
from connectors.conformance.case import SamplesMissing, case_of
from tests.connectors.conformance.installed import EXAMPLE, EXAMPLES, GROUP, Ran, install, run_kit, write_dist_info

OURS = {
    "webhook": "connectors.providers.webhook:Webhook",
    "statement_only": "connectors.providers.statement_only:StatementOnly",
    "national_portal": "connectors.providers.dvcqg:NationalPortal",
    "postal": "connectors.providers.postal:Postal",
    "vietqrvn": "connectors.providers.vietqrvn:VietQRVN",
}
REGISTERED = {*(listed.name for listed in registry.all()), *OURS}
WALLETS = ("payos", "sepay", "casso", "momo", "zalopay")
NAMES = sorted({*REGISTERED, "example_bank", *WALLETS})

BENT = {
    "trusting": "test_signature::test_one_changed_character_of_a_signed_field_is_refused",
    "raising": "test_notices::test_bytes_that_are_no_message_get_a_verdict_and_an_answer",
    "boastful": "test_signature::test_no_field_changes_what_is_declared_to_be_signed",
    "pretending": "test_declaration::test_what_it_offers_is_what_it_declares",
    "greedy": "test_declaration::test_every_secret_it_names_is_needed",
    "forgetful": "test_declaration::test_it_needs_no_setting_and_reads_no_secret_that_it_does_not_name",
    "restless": "test_notices::test_the_same_message_twice_is_the_same_event",
    "blind": "test_notices::test_other_content_under_the_same_id_has_another_fingerprint",
    "soothing": "test_standing::test_the_provider_stops_when_we_have_it_and_calls_again_when_we_have_not",
    "nagging": "test_standing::test_the_provider_stops_when_we_have_it_and_calls_again_when_we_have_not",
    "leaking": "test_secrecy::test_no_secret_is_in_a_repr_or_an_answer",
    "chatty": "test_secrecy::test_no_secret_is_logged_or_printed",
    "clocked": "test_purity::test_it_reaches_for_no_clock_no_chance_and_no_network",
    "timed": "test_purity::test_it_reaches_for_no_clock_no_chance_and_no_network",
    "chancy": "test_purity::test_it_reaches_for_no_clock_no_chance_and_no_network",
    "online": "test_purity::test_it_reaches_for_no_clock_no_chance_and_no_network",
    "remembering": "test_purity::test_the_same_input_gives_the_same_result",
    "hasty": "test_calls::test_no_answer_leaves_it_unknown_whether_or_not_it_was_sent",
    "gullible": "test_calls::test_another_status_says_nothing_even_over_a_body_of_success",
    "generous": "test_refunds::test_more_than_was_paid_does_not_go_back",
    "sharing": "test_notices::test_many_at_once_are_each_read_for_themselves",
    "aging": "test_notices::test_a_late_message_says_the_same_or_nothing",
    "doubling": "test_lists::test_a_row_that_comes_twice_is_one_payment_and_is_told",
    "guessing": "test_lists::test_a_row_with_an_unreadable_amount_is_a_problem",
    "smoothing": "test_lists::test_a_sum_that_does_not_add_up_is_told",
    "credulous": "test_calls::test_an_answer_that_nobody_signed_proves_nothing",
    "offering": "test_declaration::test_what_it_offers_is_what_it_declares",
}
SAMPLES_OF = {  # by default the example bank's
    **dict.fromkeys(("hasty", "gullible", "generous"), "bent_vnpay"),
    **dict.fromkeys(("doubling", "guessing", "smoothing"), "bent_postal"),
    **dict.fromkeys(("credulous", "offering"), "bent_momo"),
}


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """All connectors in one run: starting is what takes time."""
    site = tmp_path_factory.mktemp("site")
    install(EXAMPLE, site)
    install(EXAMPLES, site)
    write_dist_info(site, "thuphi-checkout", "0", {GROUP: OURS})  # those that an older installation does not list yet
    return run_kit(NAMES, [site, EXAMPLE, EXAMPLES], tmp_path_factory.mktemp("kit"))


@pytest.fixture(scope="module")
def bent(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """All wrong connectors in one run."""
    site = tmp_path_factory.mktemp("bent_site")
    entries = {name: f"{SAMPLES_OF.get(name, 'bent')}:{name.capitalize()}" for name in BENT}
    write_dist_info(site, "thuphi-bent", "1", {GROUP: entries})
    path = [site, EXAMPLE, EXAMPLES, Path(__file__).parent]
    return run_kit(sorted(BENT), path, tmp_path_factory.mktemp("bent"), {*BENT.values()})


@pytest.mark.parametrize("name", NAMES)
def test_each_connector_passes(ran: Ran, name: str) -> None:
    results = ran.of(name)
    assert results, ran.output
    assert {test: failure for test, failure in results.items() if failure} == {}


def test_nothing_is_skipped_and_what_is_excluded_is_counted(ran: Ran) -> None:
    assert ran.status == 0, ran.output
    assert ran.skipped == 0
    assert " deselected" in ran.output


def test_what_the_capabilities_exclude_is_not_tested(ran: Ran) -> None:
    def tested(name: str) -> set[str]:
        return {test.partition("[")[0].rpartition(".")[2] for test in ran.of(name)}

    refunds = "test_a_refund_is_ordered_under_its_own_key"
    assert refunds in tested("vnpay")
    assert refunds not in tested("vnptpay")
    assert "test_a_genuine_question_is_understood" in tested("vietinbank")
    assert "test_the_token_opens_the_door" in tested("vietqrvn")
    assert "test_a_genuine_message_is_a_notice" not in tested("statement_only")
    assert "test_a_sum_that_does_not_add_up_is_told" in tested("postal")
    assert "test_a_sum_that_does_not_add_up_is_told" not in tested("webhook")
    assert "test_a_published_message_is_read_as_published" in tested("payos")
    assert "test_the_genuine_answer_is_understood" not in tested("example_bank")


@pytest.mark.parametrize(("name", "test"), BENT.items(), ids=BENT)
def test_a_wrong_connector_is_noticed(bent: Ran, name: str, test: str) -> None:
    assert bent.of(name), bent.output
    assert test.partition("::")[2] in bent.failed(name)


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ([], "say which connector to test: --connector NAME, one of "),
        (["no_such_bank"], "no connector no_such_bank is installed in the group thuphi.connectors"),
    ],
    ids=["none", "missing"],
)
def test_what_is_not_there_cannot_be_tested(tmp_path: Path, names: list[str], told: str) -> None:
    ran = run_kit(names, [], tmp_path)
    assert (ran.status, ran.results) == (4, {})
    assert told in ran.output


@pytest.fixture
def half(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Two plug-ins that are installed and cannot be tested: one is broken, one ships no samples."""
    entries = {"half_bank": "no_such_module:Bank", "bare_bank": "bare_bank:Bare"}
    write_dist_info(tmp_path, "thuphi-half", "1", {GROUP: entries})
    bare = "from connectors.providers.webhook import Webhook\nclass Bare(Webhook):\n    name = 'bare_bank'\n"
    (tmp_path / "bare_bank.py").write_text(bare)
    monkeypatch.syspath_prepend(tmp_path)
    registry.all.cache_clear()
    yield
    monkeypatch.undo()
    registry.all.cache_clear()
    sys.modules.pop("bare_bank", None)


@pytest.mark.usefixtures("half")
def test_what_cannot_be_tested_says_why() -> None:
    with pytest.raises(SamplesMissing, match=r"bare_bank: there is no function samples\(\) in bare_bank"):
        case_of("bare_bank")
    with pytest.raises(registry.ConnectorBroken, match="half_bank: ModuleNotFoundError"):
        case_of("half_bank")


def test_the_kit_is_imported_without_pytest_where_the_product_needs_it() -> None:
    """A plug-in's samples lie beside it, and an installation has no test tools."""
    program = (
        "import sys; sys.modules['pytest'] = None\n"
        "import connectors.conformance.sample, connectors.conformance.wire\n"
        "from connectors import registry\n"
        "import connectors.providers.webhook.samples, connectors.providers.vietqrvn.samples\n"
        "assert all(listed.connector for listed in registry.all()), registry.all()\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
