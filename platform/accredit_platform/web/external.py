"""Models built elsewhere: bringing one, and what became of those that were brought."""

import json
import uuid
from typing import Annotated, Final

from fastapi import APIRouter, Request, Response
from pydantic import TypeAdapter, ValidationError

from accredit_governance.access.permissions import Permission
from accredit_governance.errors import InvalidInput
from accredit_governance.operations import external as operations
from accredit_governance.questions import catalogue, models
from accredit_governance.questions import external as questions
from accredit_governance.questions.pages import MAX_PAGE, Page
from accredit_governance.registry.external_records import SUFFIXES, ExternalTerms
from accredit_governance.registry.records import DatasetVersionRecord
from accredit_platform.api.bodies import WholeText
from accredit_platform.api.dependencies import CurrentActor, WantedPage, WithServices
from accredit_platform.auth.guard import needs
from accredit_platform.web.forms import CheckedForm, Form, an_id
from accredit_platform.web.notices import done
from accredit_platform.web.people import names_of
from accredit_platform.web.rendering import render

router = APIRouter(prefix="/models/{model_id}/external-versions")

_TERMS: Final = TypeAdapter(Annotated[ExternalTerms, WholeText])

EXAMPLE = """{
  "columns": [
    {"name": "income", "kind": "numeric"},
    {"name": "home", "kind": "categorical", "categories": ["farm", "flat", "house"]}
  ],
  "classes": [0, 1],
  "threshold": 0.5
}"""


@router.get("")
@needs(Permission.PROJECT_READ)
def all_brought(
    request: Request,
    model_id: uuid.UUID,
    page: WantedPage,
    actor: CurrentActor,
    services: WithServices,
) -> Response:
    """Models that were brought, and the form to bring one."""
    database = services.database
    record = models.model(database, actor, model_id)
    found = questions.external_versions(database, actor, model_id, page)
    files = questions.model_files(database, actor, model_id, Page(size=MAX_PAGE)).items
    may_bring = actor.may(Permission.MODEL_CREATE, record.project_id)
    tables: list[tuple[str, DatasetVersionRecord]] = []
    if may_bring:
        datasets = catalogue.datasets(database, actor, record.project_id, Page(size=MAX_PAGE))
        tables = [
            (dataset.name, version)
            for dataset in datasets.items
            for version in catalogue.dataset_versions(database, actor, dataset.id, Page()).items
            if version.state == "ready"
        ]
    return render(
        request,
        "external.html",
        model=record,
        items=found.items,
        next_page=found.next_page_token,
        files=files,
        tables=tables,
        may_bring=may_bring,
        suffixes=tuple(SUFFIXES),
        example=EXAMPLE,
        names=names_of(services, actor, (item.created_by for item in found.items)),
    )


@router.post("")
@needs(Permission.MODEL_CREATE)
def bring(
    model_id: uuid.UUID, form: CheckedForm, actor: CurrentActor, services: WithServices
) -> Response:
    """Have an uploaded model read and made a version."""
    trained_on = form.text("training_version_id")
    operations.request_external_version(
        services.database,
        actor,
        model_id,
        terms=_terms(form),
        model_file_id=an_id(form.text("model_file_id"), "model_file_id"),
        dataset_version_id=an_id(form.text("dataset_version_id"), "dataset_version_id"),
        training_version_id=an_id(trained_on, "training_version_id") if trained_on else None,
    )
    return done(f"/models/{model_id}/external-versions", "brought")


def _terms(form: Form) -> ExternalTerms:
    try:
        contract = json.loads(form.text("contract"))
    except (ValueError, RecursionError) as error:
        message = "the contract is no JSON; write it as in the example"
        raise InvalidInput(message, [{"pointer": "/contract", "detail": message}]) from error
    written = {name: form.text(name) for name in ("author", "tool", "statement")}
    try:
        return _TERMS.validate_python(
            {"kind": form.text("kind"), "origin": written, "contract": contract}
        )
    except ValidationError as error:
        problems = [
            {
                "pointer": "/" + "/".join(map(str, problem["loc"])),
                "detail": ": ".join(
                    filter(None, (" ".join(map(str, problem["loc"])), problem["msg"]))
                ),
            }
            for problem in error.errors()[:20]
        ]
        raise InvalidInput("; ".join(p["detail"] for p in problems), problems) from error
