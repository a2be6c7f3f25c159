"""From an uploaded stream to a stored, searchable document, and back."""
