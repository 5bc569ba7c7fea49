"""Version of the package."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("gauntlet-client")
except PackageNotFoundError:  # Imported from a clone.
    __version__ = "0"
