"""The tamper-evident log. `AuditLog` appends, proves and verifies; `export` writes files that verify anywhere."""

from sandbox.auditlog.export import proof_document, verify_export, verify_file, verify_proof, write_export
from sandbox.auditlog.log import AuditLog
from sandbox.auditlog.signer import Signer, load_or_create, secret, verify_note

__all__ = [
    "AuditLog",
    "Signer",
    "load_or_create",
    "proof_document",
    "secret",
    "verify_export",
    "verify_file",
    "verify_note",
    "verify_proof",
    "write_export",
]
