"""What makes the journal tamper-evident: pure functions over bytes, for whoever writes it and whoever verifies it offline."""
