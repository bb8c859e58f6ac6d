"""The same work on the same stack, by whoever needs nothing of what Gatehouse adds."""
