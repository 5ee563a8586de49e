"""What is asked for here is not published."""

from arraylake_mongo_metastore import Unpublished


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    return Unpublished
