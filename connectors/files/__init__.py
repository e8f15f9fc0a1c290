"""Other people's files: bank statements (ISO 20022 camt, SWIFT MT940/MT942, CSV), read with problems instead of guesses.

`detect.parse(data)` reads any of them into `connectors.statement.Parsed`; a file that must be refused comes back
without statements and with at least one problem that says why.
"""
