"""A student for a reader: rules, drawings, and code that needs nothing installed."""
