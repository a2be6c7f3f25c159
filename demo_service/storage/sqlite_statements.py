"""The tables of the SQLite store, and the statements that are too long to stand amid its code."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS contacts (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL, message TEXT NOT NULL,
    company TEXT, service TEXT, budget TEXT, submitted_at TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS documents (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, digest TEXT NOT NULL, size INTEGER NOT NULL,
    media_type TEXT NOT NULL, document_type TEXT NOT NULL, contact_id TEXT REFERENCES contacts (id),
    file_name TEXT, description TEXT, tags TEXT NOT NULL, uploaded_at TEXT NOT NULL, body TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS documents_digest ON documents (digest);
CREATE VIRTUAL TABLE IF NOT EXISTS document_words
    USING fts5 (words, tokenize = 'unicode61 remove_diacritics 0');
CREATE TABLE IF NOT EXISTS audit (
    number INTEGER PRIMARY KEY, at TEXT NOT NULL, key_id TEXT, action TEXT NOT NULL, target TEXT NOT NULL,
    correlation_id TEXT
) STRICT;
CREATE TRIGGER IF NOT EXISTS audit_is_not_changed BEFORE UPDATE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
CREATE TRIGGER IF NOT EXISTS audit_is_not_removed BEFORE DELETE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
"""

ADD_CONTACT = """
INSERT INTO contacts (id, name, email, message, company, service, budget, submitted_at)
VALUES (:id, :name, :email, :message, :company, :service, :budget, :submitted_at)
"""

ADD_DOCUMENT = """
INSERT INTO documents (id, digest, size, media_type, document_type, contact_id, file_name, description, tags,
                       uploaded_at, body)
VALUES (:id, :digest, :size, :media_type, :document_type, :contact_id, :file_name, :description, :tags,
        :uploaded_at, :body)
"""

ADD_AUDIT_ENTRY = """
INSERT INTO audit (at, key_id, action, target, correlation_id)
VALUES (:at, :key_id, :action, :target, :correlation_id)
"""

FILTERS = {
    "document_type": "document_type = :document_type",
    "media_type": "media_type = :media_type",
    "contact_id": "contact_id = :contact_id",
    "uploaded_after": "uploaded_at >= :uploaded_after",
    "uploaded_before": "uploaded_at < :uploaded_before",
    "tags": """NOT EXISTS (
        SELECT value FROM json_each(:tags) EXCEPT SELECT value FROM json_each(documents.tags)
    )""",
}
"""The condition of each filter of a query; only those that are set become part of the statement."""
