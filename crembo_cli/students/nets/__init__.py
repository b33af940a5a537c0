"""Nets trained by torch: for images, and for wide tables and embeddings."""
