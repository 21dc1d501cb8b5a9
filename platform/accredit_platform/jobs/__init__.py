"""Long work: durable, cancellable, in child processes."""
