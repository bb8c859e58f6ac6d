"""What Gatehouse costs beside the same work done bare, on the same machine, in the same run: see docs/benchmarks.md."""
