"""Tables in: read them, choose their columns, match their labels, split and encode their rows."""
