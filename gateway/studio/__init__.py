"""The surface that DVC, DVCLive, DataChain and editors speak to, at the addresses and with the answers they expect."""
