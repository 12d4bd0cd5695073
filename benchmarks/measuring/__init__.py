"""What benchmarks share: panels made of nothing, and measuring in a process of its own."""
