"""Use-cases of 承認: apply, approve, reject, withdraw, use up."""
