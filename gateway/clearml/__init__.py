"""The surface that ClearML's SDK and agent speak to: the protocol of their server, as far as accounts are concerned."""
