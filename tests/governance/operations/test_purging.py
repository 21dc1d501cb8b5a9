"""Legal holds and purges: what goes, what stays, and what keeps it."""

import functools
import uuid
from pathlib import Path

import pytest
from sqlalchemy import select

from accredit_governance.access.permissions import Role
from accredit_governance.errors import (
    Conflict,
    FourEyes,
    IllegalTransition,
    InvalidInput,
    NotAllowed,
    NotFound,
)
from accredit_governance.operations import external, legal_holds, purging, versions
from accredit_governance.operations.identity import bind_role
from accredit_governance.questions import aftercare
from accredit_governance.registry.aftercare_records import LegalHoldRecord
from accredit_governance.registry.artifacts import Artifacts
from accredit_governance.registry.external_records import ExternalTerms, ExternalVersionRecord
from accredit_governance.registry.tables import ModelVersionRow, RunRow
from tests.governance.afterwards import (
    asked_to_purge,
    judge,
    out_of_retention,
    purged,
    retired,
    sign,
)
from tests.governance.audit.test_ledger import together
from tests.governance.office import STATEMENTS, Office, digest_of
from tests.governance.operations.test_external import bring, file_of, imported, terms

pytestmark = pytest.mark.databases("sqlite")

REASON = "Case 17 at the court of Boston."


def hold(office: Office, target: str = "project", *, by: str = "compliance") -> LegalHoldRecord:
    targets = {"project": office.project_id, "model": office.model_id}
    return legal_holds.place_hold(
        office.database,
        office.people[by],
        targets[target],
        target=target,  # type: ignore[arg-type] # one of the two keys
        reason=REASON,
    )


@pytest.mark.databases("sqlite", "postgresql")
def test_files_of_a_purged_version_go_and_its_records_stay(office: Office, tmp_path: Path) -> None:
    version_id = purged(office)
    store = Artifacts(tmp_path / "artifacts")
    with office.database.reading() as session:
        version = session.get_one(ModelVersionRow, version_id)
        bundle = store.root / "folders" / version.bundle_digest
        evidence = (
            store.root / "files" / str(session.get_one(RunRow, version.run_id).evidence_digest)
        )
    bundle.mkdir()
    (bundle / "manifest.json").write_text("{}")
    evidence.write_text("rows")

    purging.remove_what_was_purged(office.database, office.system, store)
    purging.remove_what_was_purged(office.database, office.system, store)

    stone = aftercare.tombstone(office.database, office.people["auditor"], version_id)
    assert not bundle.exists()
    assert not evidence.exists()
    assert stone.removed_at is not None
    assert {artifact.kind for artifact in stone.artifacts} == {"bundle", "out-of-fold"}
    assert office.actions().count("tombstone.artifacts_removed") == 1
    assert office.request_of(version_id).state == "approved"
    assert list((store.root / "incoming").iterdir()) == []


@pytest.mark.databases("sqlite", "postgresql")
def test_a_file_that_another_version_refers_to_stays(office: Office, tmp_path: Path) -> None:
    version_id = purged(office)
    office.copies(office.approved(), 1)
    store = Artifacts(tmp_path / "artifacts")
    with office.database.engine.execution_options(accredit_writes=True).begin() as connection:
        digest = connection.execute(
            select(ModelVersionRow.bundle_digest).where(ModelVersionRow.id == version_id)
        ).scalar_one()
        connection.exec_driver_sql("UPDATE model_version SET bundle_digest = '" + str(digest) + "'")
    (store.root / "folders" / str(digest)).mkdir()

    purging.remove_what_was_purged(office.database, office.system, store)

    assert (store.root / "folders" / str(digest)).is_dir()
    assert office.events()[-1]["fact"]["shared"] == [digest]
    assert aftercare.tombstone(office.database, office.people["auditor"], version_id).removed_at


@pytest.mark.databases("sqlite")
def test_files_of_models_built_elsewhere_go_unless_another_version_is_made_of_them(
    office: Office, tmp_path: Path
) -> None:
    paper, model = file_of(office, name="paper.pdf"), file_of(office)
    stated = {**terms().model_dump(mode="json"), "documents": [str(paper)]}
    version_id = signed(
        office, imported(office, terms=ExternalTerms.model_validate(stated), model_file_id=model)
    )
    bring(office)  # the same bytes once more, which a worker will read
    failed = bring(office, terms=ExternalTerms.model_validate(stated))
    external.fail_import(
        office.database, office.system, office.broken(failed.run_id), error={"code": "unsafe_model"}
    )
    retired(office, version_id)
    out_of_retention(office)
    sign(office, "admin", asked_to_purge(office, version_id))
    store = Artifacts(tmp_path / "artifacts")
    files = [store.root / "files" / digest_of(name) for name in ("paper.pdf", "model.txt")]
    for file in files:
        file.write_bytes(b"")

    purging.remove_what_was_purged(office.database, office.system, store)

    assert [file.exists() for file in files] == [False, True]
    assert office.events()[-1]["fact"]["shared"] == [digest_of("model.txt")]


def signed(office: Office, found: ExternalVersionRecord) -> uuid.UUID:
    version_id = found.model_version_id
    assert version_id is not None
    trainer, submitter = office.people["trainer"], office.people["submitter"]
    versions.describe_version(office.database, trainer, version_id, statements=STATEMENTS)
    versions.submit_version(office.database, submitter, version_id)
    judge(office, version_id)
    for person in ("validator", "compliance"):
        office.sign(person, office.request_of(version_id))
    return version_id


@pytest.mark.databases("sqlite")
def test_what_is_under_a_hold_keeps_no_other_file_waiting(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, free = purged(office), purged(office)
    legal_holds.place_hold(
        office.database,
        office.people["compliance"],
        held,
        target="model_version",
        reason=REASON,
    )
    monkeypatch.setattr(purging, "DUE_AT_ONCE", 1)

    purging.remove_what_was_purged(
        office.database, office.system, Artifacts(tmp_path / "artifacts")
    )

    removed = [
        aftercare.tombstone(office.database, office.people["auditor"], version_id).removed_at
        for version_id in (held, free)
    ]
    assert removed[0] is None
    assert removed[1] is not None


@pytest.mark.databases("sqlite", "postgresql")
def test_nothing_is_purged_before_its_retention_is_over(office: Office) -> None:
    version_id = retired(office)

    with pytest.raises(Conflict, match="keeps this version until"):
        asked_to_purge(office, version_id)

    assert office.state_of(version_id) == "retired"


def test_only_a_retired_version_is_purged(office: Office) -> None:
    version_id = office.approved()

    with pytest.raises(IllegalTransition, match="cannot purge a model version that is approved"):
        asked_to_purge(office, version_id)


@pytest.mark.parametrize("target", ["project", "model"])
def test_a_hold_keeps_a_version_from_being_purged(office: Office, target: str) -> None:
    version_id = retired(office)
    out_of_retention(office)
    asked = asked_to_purge(office, version_id)
    placed = hold(office, target)

    with pytest.raises(Conflict, match="legal hold"):
        sign(office, "admin", asked)
    legal_holds.lift_hold(
        office.database, office.people["second_compliance"], placed.id, reason="The case is closed."
    )
    sign(office, "admin", asked)

    assert office.state_of(version_id) == "purged"


def test_a_hold_that_comes_after_the_purge_still_keeps_the_files(
    office: Office, tmp_path: Path
) -> None:
    purged(office)
    hold(office)
    store = Artifacts(tmp_path / "artifacts")

    purging.remove_what_was_purged(office.database, office.system, store)

    assert purging.due_tombstones(office.database) == []
    assert "tombstone.artifacts_removed" not in office.actions()


def test_who_placed_a_hold_does_not_lift_it(office: Office) -> None:
    placed = hold(office)
    lift = functools.partial(
        legal_holds.lift_hold, office.database, hold_id=placed.id, reason="The case is closed."
    )

    with pytest.raises(FourEyes, match="you placed this hold"):
        lift(office.people["compliance"])
    with pytest.raises(NotAllowed):
        lift(office.people["auditor"])
    lifted = lift(office.people["second_compliance"])
    with pytest.raises(Conflict, match="lifted already"):
        lift(office.people["second_compliance"])

    assert lifted.lifted_by == office.people["second_compliance"].id


def test_a_hold_says_why_and_is_for_compliance(office: Office) -> None:
    with pytest.raises(InvalidInput, match="reason"):
        legal_holds.place_hold(
            office.database,
            office.people["compliance"],
            office.project_id,
            target="project",
            reason="no",
        )
    with pytest.raises(NotAllowed, match="legal_hold:place"):
        hold(office, by="owner")
    with pytest.raises(NotFound):
        legal_holds.place_hold(
            office.database,
            office.people["compliance"],
            office.twin_project_id,
            target="project",
            reason=REASON,
        )


def test_a_purge_takes_an_admin_and_a_compliance_person(office: Office) -> None:
    version_id = retired(office)
    out_of_retention(office)

    with pytest.raises(NotAllowed, match="version:purge"):
        asked_to_purge(office, version_id, by="owner")
    asked = asked_to_purge(office, version_id, by="admin")
    with pytest.raises(FourEyes):
        sign(office, "admin", asked)
    sign(office, "compliance", asked)

    assert office.state_of(version_id) == "purged"


def test_one_who_holds_both_roles_is_still_one_person(office: Office) -> None:
    version_id = retired(office)
    out_of_retention(office)
    bind_role(
        office.database,
        office.people["admin"],
        office.people["compliance"].id,
        role=Role.ADMIN,
        project_id=None,
    )
    asked = asked_to_purge(office, version_id)

    with pytest.raises(FourEyes):
        sign(office, "compliance", asked)
    with pytest.raises(NotAllowed, match="signed by a admin"):
        sign(office, "second_compliance", asked)


@pytest.mark.databases("sqlite", "postgresql")
def test_of_a_hold_and_a_purge_at_once_nothing_is_lost_under_the_hold(
    office: Office, tmp_path: Path
) -> None:
    version_id = retired(office)
    out_of_retention(office)
    asked = asked_to_purge(office, version_id)
    store = Artifacts(tmp_path / "artifacts")

    raised = together([lambda: sign(office, "admin", asked), lambda: hold(office)])
    purging.remove_what_was_purged(office.database, office.system, store)

    assert [type(error) for error in raised] in ([], [Conflict])
    assert (office.state_of(version_id) == "retired") == bool(raised)
    assert "tombstone.artifacts_removed" not in office.actions()


@pytest.mark.databases("sqlite", "postgresql")
def test_of_two_workers_one_removes_the_files(office: Office, tmp_path: Path) -> None:
    purged(office)
    store = Artifacts(tmp_path / "artifacts")
    work = functools.partial(purging.remove_what_was_purged, office.database, office.system, store)

    assert together([work, work]) == []

    assert office.actions().count("tombstone.artifacts_removed") == 1
