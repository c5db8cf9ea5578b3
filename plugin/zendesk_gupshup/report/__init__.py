"""What happened in a period or a run: ledger rows to one frozen `Report`, and its renderers.

`gather` collects the rows, `outcomes` reads one, `sums` counts them, `spikes` finds what stands out, `live` fetches
from Zendesk what the ledger does not hold. `view` makes words and tables of it, which `text` prints and `page` draws.
"""
