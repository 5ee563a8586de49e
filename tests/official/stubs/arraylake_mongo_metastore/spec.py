"""Limits of the service."""

MAX_TAG_OR_COMMIT_MESSAGE_SIZE = 5000
