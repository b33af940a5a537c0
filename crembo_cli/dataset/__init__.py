"""Tables: reading, choosing columns, matching labels, splitting and encoding rows."""
