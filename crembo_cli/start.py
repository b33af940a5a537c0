"""What each process of crembo's own does first; not the library, whose process is the caller's."""

import gc

OBJECTS = 100_000  # new ones before a search for garbage


def import_without_searching() -> None:
    """Search for garbage more rarely.

    Libraries create a million objects that stay: searching among them again and again takes a
    tenth of the time of their import.
    """
    gc.set_threshold(OBJECTS)
