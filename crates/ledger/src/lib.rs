//! Legal entities, chart of accounts, posting rules, journals, balances, periods
