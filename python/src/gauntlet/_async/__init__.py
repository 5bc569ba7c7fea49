"""The client. `_sync` is made of these files."""
