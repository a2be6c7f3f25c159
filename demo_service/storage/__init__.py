"""Where contacts and documents live: records (SQLite, PostgreSQL) and contents (local files, S3)."""
