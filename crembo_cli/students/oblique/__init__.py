"""The oblique family: trees whose splits may weigh several features."""
