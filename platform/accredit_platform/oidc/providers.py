"""All identity providers of an installation."""

from collections.abc import Iterable

from accredit_governance.errors import NotFound
from accredit_platform.oidc.configured import IdentityProvider
from accredit_platform.oidc.provider import Provider


class Providers:
    """Providers by name and by issuer; each is asked when it is needed, not before."""

    def __init__(self, configured: Iterable[IdentityProvider]) -> None:
        self._by_name = {provider.name: Provider(provider) for provider in configured}
        self._by_issuer = {p.configured.issuer: p for p in self._by_name.values()}

    @property
    def all(self) -> tuple[Provider, ...]:
        """In the order of the settings."""
        return tuple(self._by_name.values())

    def named(self, name: str) -> Provider:
        """The provider of a name.

        Raises:
            NotFound: there is none.
        """
        found = self.find(name)
        if found is None:
            raise NotFound("there is no identity provider of this name")
        return found

    def find(self, name: str) -> Provider | None:
        """The provider of a name; None: there is none, or not any more."""
        return self._by_name.get(name)

    def issuer_of(self, name: str) -> str | None:
        """Issuer of the provider of a name; None: there is none."""
        found = self.find(name)
        return None if found is None else found.configured.issuer

    def of_issuer(self, issuer: str) -> Provider | None:
        """The provider that signs as this issuer."""
        return self._by_issuer.get(issuer)

    def close(self) -> None:
        """Give all connections back."""
        for provider in self._by_name.values():
            provider.close()
