"""Use cases about the log: verify, prove, export."""

from __future__ import annotations

import json
from pathlib import Path

from sqlalchemy import Connection

from sandbox.auditlog import AuditLog, proof_document, verify_export, write_export
from sandbox.auditlog.cross import verify_acts, verify_all, verify_pilots
from sandbox.cases.opened import SANDBOX_LOG
from sandbox.cases.places import block_hash
from sandbox.cases.registry import RegistryCases
from sandbox.errors import Conflict, NotFound
from sandbox.storage.logs import LogRepository
from sandbox.storage.registry import ActRepository, PilotRepository, RunRepository


class LogCases(RegistryCases):
    """Everything that is asked of the log."""

    def verify_logs(self) -> list[str]:
        """Recompute every log, and compare each run's with its entry in the sandbox's own, and the registry contract
        with it. Returns a line for each; raises VerificationFailed."""
        with self._database.begin() as connection:
            lines = verify_all(
                LogRepository(connection),
                RunRepository(connection),
                lambda log_id: self._log(connection, log_id),
                self.signer.verifier,
                lambda chain, number: block_hash(connection, chain, number),
            )
            verify_pilots(LogRepository(connection), PilotRepository(connection))
            verify_acts(LogRepository(connection), ActRepository(connection), PilotRepository(connection))
        if not lines:
            raise NotFound("nothing is recorded in this sandbox yet", where=str(self.home), do="submit or run a pilot first")
        return lines + self.verify_registry()

    def prove(self, log_id: str, index: int) -> str:
        """Inclusion proof of an entry against the newest checkpoint, as JSON. Raises NotFound."""
        with self._database.begin() as connection:
            log, repository = self._existing(connection, log_id), LogRepository(connection)
            log.verify(self.signer.verifier)
            path = log.prove_inclusion(index)
            entry = repository.entry(log_id, index)
            assert entry is not None  # prove_inclusion refuses an index that is not there
            note = log.checkpoint(self.signer, self._clock())
            document = proof_document(log_id, index, log.size, entry.body, path, note, self.signer.verifier)
        return json.dumps(document, ensure_ascii=False, indent=2)

    def export_log(self, log_id: str, target: Path) -> int:
        """Write a log that holds to a new file that verifies anywhere; returns the number of entries. Raises NotFound,
        Conflict if there is something at `target`, VerificationFailed."""
        if target.exists():
            raise Conflict(f"there is something at {target} already", do="name a file that does not exist yet")
        with self._database.begin() as connection:
            log = self._existing(connection, log_id)
            log.verify(self.signer.verifier)
            note = log.checkpoint(self.signer, self._clock())
            bodies = (entry.body for entry in LogRepository(connection).entries(log_id))
            count = write_export(target, log_id, note, self.signer.verifier, bodies)
        verify_export(target, self.signer.verifier)
        return count

    def head(self) -> tuple[int, str]:
        """Size and root of the sandbox's own log."""
        with self._database.begin() as connection:
            log = self._log(connection, SANDBOX_LOG)
            return log.size, log.root.hex()

    def _existing(self, connection: Connection, log_id: str) -> AuditLog:
        repository = LogRepository(connection)
        if not repository.exists(log_id):
            raise NotFound(f"there is no log {log_id!r}", do=f"there are: {', '.join(repository.ids()[:8])}")
        return self._log(connection, log_id)
