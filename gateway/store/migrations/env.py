"""What Alembic runs for each command: the connection comes from store/migrate.py, there is no alembic.ini."""

from alembic import context

from gateway.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite cannot alter a table: later revisions copy it, with the same op.batch_alter_table on both databases.
    render_as_batch=True,
    transactional_ddl=True,
)
context.run_migrations()
