"""What trackers are told while a run goes on, or afterwards: finished steps of the ledger as points, each once."""
