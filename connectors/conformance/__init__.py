"""Add your bank in a day: what to write, in which order, and the one command that proves it.

`tests/connectors/example_bank` is a whole plug-in: `pyproject.toml` and one module of some 130 lines. Copy the folder,
give it your bank's name and go through it from above. `tests/connectors/example_wallets` has five providers in one
distribution, where yours may resemble one of them more.

**First hour: the distribution and the declaration.**

1. `pyproject.toml` depends on `thuphi` and names the connector in the group `thuphi.connectors`:
   `example_bank = "example_bank:ExampleBank"`. Once it is installed, `thuphi connector list` shows it, with its error if
   it cannot be loaded. Nothing else is registered. `name` in the class is the name of the entry point.
2. `ExampleBank.capabilities` (`connectors.contract.Capabilities`) says what the bank can do. `issue_on="notice"` only
   where a signature reaches the id and the amount, else `"statement"`; `signed_fields` are the fields of `Notice` that
   the signature covers, no others: Example Bank signs `id|account|amount|memo|at`, so currency and direction are not
   among them. Every setting and secret that must be there is named, and read by `desk.setting` and `desk.secret`, which
   say by themselves what is missing. A bank whose fields are signed without separator has `amount_unambiguous=False`.

**Before noon: receiving.**

3. `receive` takes the bytes as they came. `exact_json.read` refuses what two readers could understand differently and
   keeps each number as it was written; `signing` has the families (`hmac_sha512_holds(piped(...))` here), `stamped` a
   timestamp and the raw body. Check first, read what was checked, return `Notice`, `Forged` or `Malformed`, never raise.
4. `_notice` takes nothing on trust: a separator inside a signed value (`signing.ambiguous`) would let digits move; an
   account that is not ours is refused; an amount that cannot be read is `Malformed`, never a number (`written` reads
   amounts, ids and moments); a code that your table does not list is `Outcome.UNKNOWN`. `event_id` is the bank's own,
   so that a repeat is known; `fingerprint` covers all that you rely on, so that other content under one id is noticed.

**After noon: answering and asking.**

5. `acknowledge` words the answer after the commit, one word of the bank's table for each `Standing` (`CODES`). What is
   recorded or repeated must stop its calls; what is forged, conflicting, unreadable or came at a busy time must not.
6. If the bank takes calls: `start`, `query`, `refund` build a `Call`, `read` reads what it brought (`answered.answered`
   leaves nothing but the object of a 2xx). PAID, FAILED and CANCELLED only under the bank's signature: time-outs, other
   statuses, pages and half answers are UNKNOWN and are asked about later; an answer that is not signed may be PENDING
   with an address to pay at, and proves nothing. What you could not try against the bank you do not offer: its purpose
   goes into `unverified`, and calling it raises `Unverified`.
7. If the bank sends lists: `lines` gives a `listing.Listing`, each payment once, each lump with what it states. A row
   that cannot be read is a problem and its neighbours go through. A notice that stands for a whole list is `bulk`. Where
   the other side has issued the receipt, `receipted_elsewhere` says so, and there will be no second one.

**Towards evening: samples and proof.**

8. A function `samples()` beside the connector (or in `<module>_samples`, or in a module `samples` of its package)
   returns `Samples` (`connectors.conformance.sample`): one genuine message taken apart (`FIELDS`), a function that
   writes any values under a signature of your choice with made-up keys (`_write`), other things the bank may say, who
   is a stranger, and what it hears. Write the signature anew from the bank's document rather than call your own: the
   kit then holds you against the document. Messages that the bank itself publishes go into `golden`.
9. `pytest --pyargs connectors.conformance --connector example_bank`. Each test says in its name what it asks of you;
   `-k` and `-x` work as ever. What your capabilities rule out is deselected and counted, never skipped.

Keep it pure: time, nonce, settings and secrets come in the `Desk`; no clock, no chance, no network, no state. The gateway
sends, retries, stores and decides. A provider that answers drop by drop is the gateway's to cut off after `timeout_s`.

Everything here but `test_*`, `plugin` and what they import of pytest may be imported without pytest.
"""
