"""What training runs report of themselves while they run: the latest state of each, no history."""
