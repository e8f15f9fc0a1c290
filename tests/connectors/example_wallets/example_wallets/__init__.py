"""payOS, SePay, Casso, MoMo and ZaloPay as tables over `connectors.signing`: one module each, its samples beside it."""
