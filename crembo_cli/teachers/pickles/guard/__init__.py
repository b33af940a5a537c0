"""What a pickle or .skops file may make: names, calls, instances and states, each checked."""
