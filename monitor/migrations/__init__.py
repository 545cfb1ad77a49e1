"""How the ledger's tables came to be; run forward by `bootstrap`, never edited once released."""
