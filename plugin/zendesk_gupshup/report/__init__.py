"""What happened in a period or a run: ledger rows to one frozen `Report`, and its renderers.

`gather` sums the rows, `spikes` says what stands out, `live` asks Zendesk for what the ledger does not hold; `view`
puts it all into words and tables, which `text` prints and `page` draws.
"""
