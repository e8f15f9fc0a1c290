"""What is promised about money, and the tests that prove it: each promise names them, and each named test is there.

The first table goes through the rules of exactly-once, line by line; the second through what may happen to a machine.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]

Promises = Mapping[str, tuple[str, ...]]

EXACTLY_ONCE: Promises = {
    "1 in: stored raw before it is acknowledged, forged calls apart": (
        "gateway/api/test_callbacks.py::test_a_notice_is_stored_and_acknowledged",
        "gateway/api/test_callbacks.py::test_a_forged_notice_is_kept_apart",
        "gateway/settlement/test_kill.py::test_the_door_killed_anywhere_keeps_what_it_acknowledged",
        "gateway/settlement/test_settle.py::test_a_forged_notice_is_kept_apart_and_moves_nothing",
    ),
    "2 work: one database transaction for all of it, a poison row alone is set apart": (
        "gateway/settlement/test_kill.py::test_the_worker_killed_anywhere_in_the_settlement",
        "gateway/settlement/test_settle.py::test_a_poison_row_is_set_apart_and_its_neighbours_go_through",
        "gateway/settlement/test_states.py::test_every_combination_is_decided_and_every_rule_speaks",
        "gateway/settlement/test_race.py::test_two_workers_share_the_inbox_and_number_without_gap",
        "chaos/test_poison.py::test_database_trouble_sets_no_notice_apart",
    ),
    "3 out: leases, fenced finish, a stable key, dead jobs seen and driven again": (
        "gateway/kernel/test_outbox.py::test_the_same_key_twice_is_one_job",
        "gateway/kernel/test_outbox.py::test_who_lost_the_lease_cannot_finish",
        "gateway/kernel/test_outbox.py::test_put_off_comes_back_later_and_given_up_is_seen_and_revived",
        "gateway/delivery/test_webhooks.py::test_after_a_failure_the_first_event_still_comes_first",
    ),
    "4 Idempotency-Key: the first answer again, another body refused, in flight told, missing refused": (
        "gateway/kernel/test_once.py::test_a_repeat_gets_the_first_answer_and_changes_nothing",
        "gateway/kernel/test_once.py::test_who_waits_too_long_hears_that_the_first_is_in_flight",
        "gateway/api/test_dossiers.py::test_a_key_with_another_body_is_refused",
        "gateway/api/test_dossiers.py::test_a_write_without_a_key_is_refused",
        "gateway/api/test_main.py::test_every_write_needs_a_key_of_its_own",
    ),
    "5 money without a place is in suspense with a reason; underpaid money is held and completed": (
        "gateway/settlement/test_settle.py::test_one_dong_less_is_held_and_the_rest_completes_it",
        "gateway/settlement/test_settle.py::test_money_without_a_known_reference_waits",
        "gateway/settlement/test_settle.py::test_closed_series_holds_the_money_and_settles_nothing",
        "gateway/settlement/test_settle.py::test_money_on_another_account_of_ours_waits",
        "gateway/settlement/test_states.py::test_every_reason_can_be_given",
        "chaos/test_found.py::test_money_that_waited_for_the_series_settles_when_it_reopens",
    ),
    "5 a refund takes two persons": (
        "gateway/settlement/test_refund_approve.py::test_another_person_sets_the_money_aside",
        "gateway/settlement/test_refund_approve.py::test_the_database_refuses_what_the_rules_refuse",
        "gateway/settlement/test_refund_states.py::test_money_leaves_only_after_approval_and_never_twice",
    ),
    "6 one due, several attempts: the first money wins, the second is surplus": (
        "gateway/settlement/test_settle.py::test_two_payments_on_one_due_the_first_money_wins",
        "gateway/settlement/test_race.py::test_two_payments_for_one_due_at_once_give_one_receipt",
    ),
    "7 late money settles a due that is open, else it is surplus": (
        "gateway/settlement/test_settle.py::test_late_money_settles_an_open_due",
        "gateway/settlement/test_settle.py::test_paying_twice_is_surplus",
    ),
    "8 the business day is the bank's booking date, and fixes the receipt's day and series": (
        "flows/test_business_day.py::test_money_of_yesterday_makes_a_receipt_of_yesterday",
        "flows/test_business_day.py::test_money_of_the_old_year_takes_a_number_of_the_old_year",
        "gateway/ledger/test_ledger.py::test_money_for_a_locked_day_is_still_taken",
    ),
    "9 dues are versioned until paid; a withdrawn due's money is surplus; 0 đồng ends exempt": (
        "gateway/dues/test_amend.py::test_an_amended_due_has_a_new_version_and_keeps_the_old",
        "gateway/dues/test_amend.py::test_a_paid_due_is_not_touched",
        "gateway/settlement/test_settle.py::test_money_for_a_withdrawn_due_is_surplus",
        "gateway/dues/test_register.py::test_a_due_of_zero_ends_exempt_and_is_told",
        "chaos/test_found.py::test_paid_in_part_and_then_the_due_is_less",
    ),
    "10 UNKNOWN is a state: asked about on schedule, never a receipt from it, never asked for twice": (
        "gateway/settlement/test_states.py::test_money_settles_only_when_everything_is_right",
        "gateway/connecting/test_channels_flow.py::test_unknown_is_asked_on_schedule_and_then_left_to_the_statement",
        "connectors/simulators/test_psp_faults.py::test_no_bad_answer_makes_a_paid_order_anything_but_unknown",
        "connectors/simulators/test_psp_faults.py::test_a_start_whose_answer_is_lost_is_asked_about_and_never_doubled",
    ),
}

WHATEVER_HAPPENS: Promises = {
    "1 one effect for each Idempotency-Key, over a line that cuts answers and from many at once": (
        "chaos/test_crash.py::test_short_storm",
        "gateway/api/test_dossiers.py::test_of_a_storm_with_one_key_one_is_done",
        "gateway/api/test_batches.py::test_of_a_storm_with_one_key_one_payment_is_begun",
        "gateway/kernel/test_once.py::test_of_a_storm_with_one_key_one_is_done",
    ),
    "2 acknowledged money is never lost": (
        "chaos/test_crash.py::test_short_storm",
        "flows/test_serve.py::test_killed_right_after_the_citizen_paid_nothing_is_lost",
        "gateway/settlement/test_kill.py::test_the_door_killed_anywhere_keeps_what_it_acknowledged",
    ),
    "3 receipt numbers are unique and have no gap": (
        "gateway/settlement/test_kill.py::test_the_worker_killed_anywhere_in_the_settlement",
        "chaos/test_disk_full.py::test_disk_full",
        "receipts/test_series.py::test_every_damage_is_found",
        "receipts/test_series.py::test_a_series_read_before_another_took_gives_nothing",
    ),
    "4 the ledger balances and is never edited": (
        "gateway/ledger/test_ledger.py::test_only_what_balances_is_an_entry",
        "gateway/ledger/test_ledger.py::test_the_database_refuses_to_edit",
        "chaos/test_machine.py::test_any_sequence_of_acts_ties",
    ),
    "5 doubled, late and reordered notices change nothing": (
        "chaos/test_confluence.py::test_any_order_with_repeats_ends_the_same",
        "gateway/settlement/test_settle.py::test_the_same_notice_five_times_books_once",
        "gateway/settlement/test_race.py::test_one_notice_from_five_threads_is_one_notice",
    ),
    "6 every paid payment ends with its receipts and with the news of them": (
        "chaos/test_crash.py::test_short_storm",
        "chaos/test_webhook_order.py::test_a_backlog_is_told_soon_after_the_listener_is_back",
        "gateway/test_worker.py::test_from_notice_to_signed_receipt_without_a_hand",
        "gateway/delivery/test_documents.py::test_one_that_cannot_be_signed_does_not_hold_up_the_others",
    ),
    "7 who reads a payment reads the newest state (linearizable)": (
        "chaos/test_linear.py::test_reads_of_a_payment_are_linearizable",
        "chaos/test_linear.py::test_the_checker_finds_what_is_not",
    ),
    "8 failure has a bound, nothing hangs": (
        "chaos/test_silence.py::test_a_line_that_is_cut_is_one_error_and_no_more",
        "chaos/test_silence.py::test_a_database_that_cannot_be_reached_is_an_error_in_time",
        "chaos/test_silence.py::test_a_database_that_falls_silent_is_an_error_in_time",
    ),
    "9 a wrong clock harms nothing": (
        "chaos/test_clock.py::test_a_clock_that_jumps",
        "gateway/api/test_health.py::test_a_clock_that_went_back_is_a_reason",
    ),
    "10 tampering is visible": (
        "gateway/audit/test_verify.py::test_every_harm_is_named",
        "gateway/audit/test_verify.py::"
        "test_a_tree_written_anew_with_the_logs_own_key_contradicts_the_checkpoint_kept_outside",
        "gateway/audit/test_tree.py::test_the_database_refuses_to_edit",
        "gateway/audit/test_tree.py::test_killed_anywhere_a_batch_is_whole_or_was_never_there",
        "gateway/audit/test_verifier.py::test_a_proof_is_checked_with_nothing_but_python",
        "gateway/audit/test_command.py::test_tampering_exits_1_and_names_the_first_bad_leaf",
    ),
    "11 the contract of the API holds under garbage": (
        "gateway/api/test_garbage.py::test_no_request_breaks_the_description",
        "gateway/api/test_main.py::test_every_operation_says_what_it_may_refuse",
    ),
    "12 no agency reaches what is another's": (
        "gateway/api/test_tenants.py::test_no_route_opens_to_a_neighbour",
        "gateway/api/test_tenants.py::test_no_route_opens_without_a_key",
        "gateway/test_tenant_wall.py::test_another_agency_sees_nothing",
        "gateway/test_tenant_wall.py::test_nothing_can_be_written_in_anothers_name",
    ),
}

ALL = {
    f"{table} {promise}": named
    for table, promises in (("exactly once:", EXACTLY_ONCE), ("whatever happens:", WHATEVER_HAPPENS))
    for promise, named in promises.items()
}


@cache
def written_in(file: Path) -> dict[str, list[str]]:
    """Test functions of a file, read and not run, with the names of their marks."""
    if not file.is_file():
        return {}
    found = [
        node
        for node in ast.parse(file.read_text("utf-8")).body
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]
    return {node.name: [ast.unparse(mark) for mark in node.decorator_list] for node in found}


@pytest.mark.parametrize("named", ALL.values(), ids=ALL)
def test_every_promise_has_its_tests(named: tuple[str, ...]) -> None:
    assert named
    for node in named:
        file, _, name = node.partition("::")
        found = written_in(TESTS / file)
        assert name in found, f"{node} is not there"
        marks = [mark for mark in found[name] if "skip" in mark or "xfail" in mark or "mark.chaos" in mark]
        assert marks == [], f"{node} does not run with every suite: {marks}"


@pytest.mark.parametrize(("promises", "count"), [(EXACTLY_ONCE, 10), (WHATEVER_HAPPENS, 12)], ids=["once", "whatever"])
def test_no_promise_is_left_out(promises: Promises, count: int) -> None:
    assert {int(promise.split()[0]) for promise in promises} == set(range(1, count + 1))
