"""How a database becomes what store/tables.py says: run by store/migrate.py through Alembic."""
