"""Model versions that were built elsewhere."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "model_file",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("model_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("file_digest", sa.String(length=64), nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.Column("uploaded_by", sa.Uuid(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_model_file_project_id")
        ),
        sa.ForeignKeyConstraint(["model_id"], ["model.id"], name=op.f("fk_model_file_model_id")),
        sa.ForeignKeyConstraint(
            ["uploaded_by"], ["principal.id"], name=op.f("fk_model_file_uploaded_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_file")),
    )
    op.create_index("ix_model_file_model_id", "model_file", ["model_id"])
    op.create_table(
        "external_version",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("model_id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("model_file_id", sa.Uuid(), nullable=True),
        sa.Column("training_version_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "kind in ('skops','lightgbm','onnx','endpoint','document')",
            name=op.f("ck_external_version_kind"),
        ),
        sa.CheckConstraint(
            "(model_file_id is null) = (kind in ('endpoint','document'))",
            name=op.f("ck_external_version_model_file"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_external_version_project_id")
        ),
        sa.ForeignKeyConstraint(
            ["model_id"], ["model.id"], name=op.f("fk_external_version_model_id")
        ),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_external_version_run_id")),
        sa.ForeignKeyConstraint(
            ["model_file_id"], ["model_file.id"], name=op.f("fk_external_version_model_file_id")
        ),
        sa.ForeignKeyConstraint(
            ["training_version_id"],
            ["dataset_version.id"],
            name=op.f("fk_external_version_training_version_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_external_version")),
        sa.UniqueConstraint("run_id", name=op.f("uq_external_version_run_id")),
    )
    op.create_index("ix_external_version_model_id", "external_version", ["model_id"])


def downgrade() -> None:
    """Refused while a model was built elsewhere: its version would seem to be trained here.

    Raises:
        RuntimeError: there is one.
    """
    brought = sa.text("SELECT count(*) FROM external_version")
    if op.get_bind().execute(brought).scalar_one():
        raise RuntimeError("there are models built elsewhere; before this revision none could be")
    op.drop_table("external_version")
    op.drop_table("model_file")
