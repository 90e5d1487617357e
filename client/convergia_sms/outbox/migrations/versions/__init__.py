"""Alembic migrations, one file for each change. Each names its predecessor."""
