"""Add your bank in a day: what to write, in which order, and the one command that proves it.

`tests/connectors/example_bank` is a whole plug-in, a distribution of one module. Copy it and go through it from above.

1. **A distribution.** `pyproject.toml` depends on `thuphi` and names the connector in the group `thuphi.connectors`:
   `example_bank = "example_bank:ExampleBank"`. Once it is installed, `thuphi connector list` shows it. Nothing else is registered.
2. **The declaration.** `Capabilities` (`connectors.contract`) says what the bank can do. Declare `issue_on="notice"` only
   where a signature reaches the id and the amount, else `"statement"`; `signed_fields` are the fields of `Notice` that
   the signature covers, no others. Name every setting and secret that must be there and read them by `desk.setting` and
   `desk.secret`. A bank whose fields are signed without separator has `amount_unambiguous=False`.
3. **Receiving.** `receive` checks the signature over the bytes as they came and reads what was checked: `exact_json`
   refuses what two readers could understand differently, `signing` has the families. It returns `Notice`, `Forged` or
   `Malformed` and never raises on bad input. An amount that cannot be read is `Malformed`, never a number. A code that
   your table does not list is `Outcome.UNKNOWN`. The event id is the bank's own; the fingerprint covers all you rely on.
4. **Answering.** `acknowledge` words the answer after the commit, one word of the bank's table for each `Standing`. What
   is recorded or repeated must stop its calls, what is forged, conflicting, unreadable or came at a busy time must not.
5. **Calls, if the bank takes any**: `start`, `query`, `refund` build a `Call`, `read` reads what it brought. FAILED only
   under the bank's signature: time-outs, other statuses, pages and half answers are UNKNOWN and are asked about later.
6. **Samples.** A function `samples()` beside the connector (or in a module `samples` of its package) returns `Samples`
   (`connectors.conformance.sample`): one genuine message, a function that writes any values under a signature of your
   choice with made-up keys, other things the bank may say, and what it hears. Write the signature anew from the bank's
   document rather than call your own: the kit then holds you against the document.
7. **The proof.** `pytest --pyargs connectors.conformance --connector example_bank`. Each test says in its name what it
   asks of you. What your capabilities rule out is deselected and counted, never skipped.

Keep it pure: time, nonce, settings and secrets come in the `Desk`; no clock, no chance, no network, no state. The gateway
sends, retries, stores and decides.

Everything here but `test_*`, `plugin` and what they import of pytest may be imported without pytest.
"""
