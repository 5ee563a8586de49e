"""Stands for a package of the service that the tests import and that is not published.

What only that package can do is skipped, and says so. A metastore of it is one over HTTP: that is what the tests of
histories and hierarchies need it for.
"""

from arraylake.repos.v1.metastore import HttpMetastore, HttpMetastoreConfig

REASON = "needs arraylake_mongo_metastore, a package of the service that is not published"


class Unpublished(Exception):
    """Something that only the package could do."""

    def __init__(self, *_, **__):
        import pytest

        pytest.skip(REASON)


class MongoMetastoreDatabase:
    """No database that a test gets is one of this class."""

    def __init__(self, *_, **__):
        Unpublished()


class MongoMetastoreConfig:
    def __init__(self, uri, managed_sessions=True):
        self.managed_sessions = managed_sessions


class MongoSessionedMetastore(HttpMetastore):
    """Makes what is opened and is not there, as a database does."""

    def __init__(self, config):
        from tests.v1.helpers.test_utils import DEFAULT_TOKEN, ORG, SERVICE_URI

        super().__init__(HttpMetastoreConfig(SERVICE_URI, ORG, DEFAULT_TOKEN, config.managed_sessions))

    async def open_database(self, name):
        try:
            return await super().open_database(name)
        except ValueError:
            return await self.create_database(name)


MongoMetastore = Unpublished
