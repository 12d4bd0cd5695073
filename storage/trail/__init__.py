"""The trail: what the audit log says, whether it still holds, and how an outsider can check it."""
