"""Student families: the contract, the registry, and our own families."""
