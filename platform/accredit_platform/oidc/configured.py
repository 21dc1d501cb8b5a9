"""What the settings say of an identity provider."""

from pathlib import Path
from typing import Annotated, Final, Literal, Self
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

from accredit_governance.access.permissions import SERVICE_ROLES, Role
from accredit_governance.documents import Name
from accredit_governance.registry.provider_records import MappedRole

_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_ANY_TYPE: Final = "JWT"


def _address(text: str) -> str:
    parts = urlsplit(text)
    if not (parts.scheme and parts.hostname) or parts.query or parts.fragment or parts.username:
        raise ValueError(f"{text} is no address such as https://id.example.com/realms/bank")
    if not is_private_enough(parts):
        raise ValueError(f"{text} must begin with https://; http:// is for this machine alone")
    return text


def is_private_enough(parts: SplitResult) -> bool:
    """Whether what goes to an address cannot be read on the way: TLS, or this machine."""
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)


Address = Annotated[str, AfterValidator(_address)]
"""An https address; http is taken for this machine alone."""

_Text = Annotated[str, Field(min_length=1, max_length=500)]


class GroupRole(BaseModel):
    """What a group of the provider stands for here.

    Attributes:
        group: as the groups claim names it; Entra ID names groups by their object id.
        project: name of a project; left out: the role holds everywhere.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    group: _Text
    role: Role
    project: Name | None = None

    @model_validator(mode="after")
    def _is_for_people(self) -> Self:
        if self.role is Role.SYSTEM:
            raise ValueError("the role system belongs to the service itself")
        if self.role in SERVICE_ROLES:
            raise ValueError(f"the role {self.role} is for service accounts")
        return self


class IdentityProvider(BaseModel):
    """One OpenID Connect provider.

    Attributes:
        name: in addresses and records; it never changes once people have signed in.
        title: on the button of the sign-in page.
        issuer: exactly as the provider writes it into its tokens.
        client_secret: left out for a public client. In a TOML file, name the secret's own file.
        client_secret_file: file that holds the secret, and nothing else but a line end.
        subject_claim: what names a person for good; Entra ID: `oid`.
        groups_claim: list of group names or identifiers.
        group_roles: what the groups stand for; groups that are not named give nothing.
        audience: what bearer tokens must be meant for; left out, bearer tokens are not taken.
        access_token_types: `typ` of bearer tokens. Only RFC 9068 tells access tokens from ID
            tokens by it; `JWT` has them told apart by audience and claims.
        directory: by what people whom SCIM made are found when they first sign in: `external_id` is
            the subject here, `user_name` the name claim. Only for the directory's own provider.
        acr_values: classes of authentication, as the provider names them; asked for at sign-in,
            and one of them is demanded of people's tokens. Left out: any.
        amr_values: methods of authentication; one of them is demanded of people's tokens.
        hosts: hosts besides that of the issuer on which the provider has endpoints.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Name
    title: Annotated[str, Field(min_length=1, max_length=60)] | None = None
    issuer: Address
    client_id: _Text
    client_secret: SecretStr | None = None
    client_secret_file: Path | None = None
    scopes: tuple[str, ...] = ("openid", "profile", "email")
    subject_claim: _Text = "sub"
    groups_claim: _Text = "groups"
    name_claim: _Text = "preferred_username"
    title_claim: _Text = "name"
    email_claim: _Text = "email"
    group_roles: tuple[GroupRole, ...] = ()
    audience: _Text | None = None
    access_token_types: tuple[str, ...] = ("at+jwt",)
    directory: Literal["external_id", "user_name"] | None = None
    acr_values: tuple[_Text, ...] = ()
    amr_values: tuple[_Text, ...] = ()
    hosts: frozenset[str] = frozenset()

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        if "openid" not in self.scopes:
            raise ValueError("scopes must hold openid, or nobody is identified")
        if self.client_secret is not None and self.client_secret_file is not None:
            raise ValueError("give client_secret or client_secret_file, not both")
        if self.client_secret_file is not None and not self.client_secret_file.is_file():
            raise ValueError(
                f"client_secret_file names {self.client_secret_file}, which is no file"
            )
        if self.audience == self.client_id:
            raise ValueError(
                "audience is the client_id, which is the audience of ID tokens; they would pass "
                "for access tokens. Give the API an identifier of its own at the provider"
            )
        if not self.access_token_types:
            raise ValueError("access_token_types names no type; leave audience out instead")
        return self

    @property
    def label(self) -> str:
        """What people read."""
        return self.title or self.name

    @property
    def secret(self) -> str | None:
        """The client's secret; None for a public client."""
        if self.client_secret is not None:
            return self.client_secret.get_secret_value()
        if self.client_secret_file is not None:
            return self.client_secret_file.read_text(encoding="utf-8").strip()
        return None

    def roles_of(self, groups: frozenset[str]) -> tuple[MappedRole, ...]:
        """Roles that somebody's groups stand for."""
        return tuple(
            MappedRole(role=mapped.role, project=mapped.project)
            for mapped in self.group_roles
            if mapped.group in groups
        )

    def takes_type(self, declared: object) -> bool:
        """Whether a bearer token may declare this `typ`; media types are compared in lower case."""
        if declared is not None and not isinstance(declared, str):
            return False
        plain = (declared or _ANY_TYPE).lower().removeprefix("application/")
        return plain in {kind.lower() for kind in self.access_token_types}
