"""Models that were built elsewhere, and what their makers state about them."""

import uuid
from typing import Any

import lightgbm
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from accredit_governance.operations import datasets, external, projects, versions
from accredit_governance.questions.external import external_version
from accredit_governance.registry.external_records import ExternalTerms, ExternalVersionRecord
from tests.governance.office import GRAVER_ANSWERS
from tests.journeys.company import applications
from tests.platform.jobs.lab import TERMS, Lab

NUMBERS = ["appinc", "obrat", "loanprc"]
INPUTS = [*NUMBERS, "prop"]
HOMES = ["farm", "flat", "house"]
ORIGIN = {
    "author": "Scores Ltd",
    "tool": "their own workbench 4.2",
    "statement": "Built on applications of 2024 by logistic regression; ask model@scores.example.",
}
CONTRACT: dict[str, Any] = {
    "columns": [
        *({"name": name, "kind": "numeric"} for name in NUMBERS),
        {"name": "prop", "kind": "categorical", "categories": HOMES},
    ],
    "classes": [0, 1],
    "threshold": 0.5,
}


def terms_of(kind: str, **contract: Any) -> ExternalTerms:
    stated = {"kind": kind, "origin": ORIGIN, "contract": CONTRACT | contract}
    return ExternalTerms.model_validate(stated)


def history() -> pd.DataFrame:
    """What the makers had."""
    return applications(800, seed=11)


def pipeline(estimator: Any, rows: pd.DataFrame) -> Pipeline:
    made = Pipeline(
        [
            (
                "columns",
                ColumnTransformer(
                    [
                        (
                            "numbers",
                            Pipeline([("fill", SimpleImputer()), ("scale", StandardScaler())]),
                            NUMBERS,
                        ),
                        ("homes", OneHotEncoder(handle_unknown="ignore"), ["prop"]),
                    ]
                ),
            ),
            ("model", estimator),
        ]
    )
    return made.fit(rows[INPUTS].astype({"prop": object}), rows["approve"])


def logistic(rows: pd.DataFrame) -> Pipeline:
    return pipeline(LogisticRegression(), rows)


def histogram(rows: pd.DataFrame) -> Pipeline:
    return pipeline(HistGradientBoostingClassifier(max_iter=15, max_depth=3), rows)


def booster(rows: pd.DataFrame) -> lightgbm.Booster:
    inputs = coded(rows)
    data = lightgbm.Dataset(inputs, rows["approve"])
    options = {"objective": "binary", "verbose": -1, "num_threads": 1, "seed": 1, "max_depth": 3}
    return lightgbm.train(options, data, 30)


def coded(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[INPUTS].assign(prop=pd.Categorical(rows["prop"], categories=HOMES))


def found_elsewhere(lab: Lab) -> tuple[uuid.UUID, uuid.UUID]:
    """A model without versions, and rows that were untouched by whoever builds for it."""
    office = lab.office
    owner = office.people["owner"]
    use_case = projects.create_use_case(
        office.database,
        owner,
        office.project_id,
        name=f"bought-{uuid.uuid4().hex[:6]}",
        owner_id=owner.id,
        terms=TERMS,
    )
    office.assess(use_case.id, GRAVER_ANSWERS)
    model = versions.create_model(
        office.database, owner, use_case.id, name=f"bought-{uuid.uuid4().hex[:6]}"
    )
    return model.id, uploaded(lab, applications(900, seed=23))


def uploaded(lab: Lab, rows: pd.DataFrame) -> uuid.UUID:
    """A dataset version with these rows, read by a worker."""
    database, preparer = lab.office.database, lab.office.people["preparer"]
    content = rows.to_csv(index=False).encode()
    digest = lab.artifacts.keep_bytes([content])
    name = f"rows-{uuid.uuid4().hex[:6]}"
    dataset = datasets.create_dataset(
        database, preparer, lab.office.project_id, name=name, title="Applications"
    )
    upload = datasets.receive_upload(
        database,
        preparer,
        dataset.id,
        upload_name="rows.csv",
        upload_digest=digest,
        upload_bytes=len(content),
    )
    lab.work("ingest", upload.id)
    return upload.id


def at_the_vendor(
    lab: Lab, model_id: uuid.UUID, rows: uuid.UUID, *, kind: str, answers: Any = None
) -> ExternalVersionRecord:
    """A model that stays with its vendor, and of which there are papers."""
    trainer = lab.office.people["trainer"]
    paper = external.receive_model_file(
        lab.office.database,
        trainer,
        model_id,
        name="validation.pdf",
        digest=lab.artifacts.keep_bytes([b"%PDF what the vendor says"]),
        size=25,
    )
    stated = {
        "kind": kind,
        "origin": ORIGIN,
        "documents": [str(paper.id)],
        "address": "https://scores.example/v4" if kind == "endpoint" else "",
        "answers": answers,
    }
    return external.request_external_version(
        lab.office.database,
        trainer,
        model_id,
        terms=ExternalTerms.model_validate(stated),
        model_file_id=None,
        dataset_version_id=rows,
    )


def brought(
    lab: Lab,
    model_id: uuid.UUID,
    rows: uuid.UUID,
    *,
    name: str,
    content: bytes,
    terms: ExternalTerms,
    trained_on: uuid.UUID | None = None,
) -> ExternalVersionRecord:
    """A file that was uploaded and for which a version was asked, not read yet."""
    trainer = lab.office.people["trainer"]
    file = external.receive_model_file(
        lab.office.database,
        trainer,
        model_id,
        name=name,
        digest=lab.artifacts.keep_bytes([content]),
        size=len(content),
    )
    return external.request_external_version(
        lab.office.database,
        trainer,
        model_id,
        terms=terms,
        model_file_id=file.id,
        dataset_version_id=rows,
        training_version_id=trained_on,
    )


def imported(lab: Lab, record: ExternalVersionRecord) -> ExternalVersionRecord:
    """The same, after a worker read it."""
    lab.work("import", record.run_id)
    return external_version(lab.office.database, lab.office.people["trainer"], record.id)
