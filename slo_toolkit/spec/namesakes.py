"""Services and SLOs of which what is generated would have one name, so that one would replace the other."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass

from slo_toolkit import naming
from slo_toolkit.errors import Position
from slo_toolkit.recipe import Recipe
from slo_toolkit.slo import KubernetesMeta
from slo_toolkit.spec.flaws import Place


@dataclass(frozen=True, slots=True)
class Owner:
    """A service, or with `slo` one of its SLOs, and the place in a source that names it."""

    source: int
    at: Place
    service: str
    slo: str = ""
    kubernetes: KubernetesMeta | None = None

    @property
    def name(self) -> str:
        return self.slo or self.service


Where = Callable[[Owner], Position]


def check_objects(services: Iterable[Owner], recipe: Recipe | None, where: Where) -> None:
    """Report services whose PrometheusRule objects would be one; each service has a file of its own."""
    if recipe is not None and not recipe.makes_objects:
        return
    namespace = recipe.namespace if recipe else ""

    def name(owner: Owner) -> tuple[str, str]:
        meta = owner.kubernetes or KubernetesMeta(naming.object_name(owner.service))
        return meta.namespace or namespace, meta.name

    for owner, other in _namesakes(services, name):
        hint = "rename one of the two"
        if recipe is None:
            hint += "; where no objects are wanted, `--format prometheus` says so"
        owner.at.wrong(
            f"the PrometheusRule object of `{owner.service}` is called `{name(owner)[1]}`, as that of "
            f"`{other.service}` at {where(other)}",
            hint,
            rule="duplicate-name",
        )


def check_files(owners: Iterable[Owner], where: Where) -> None:
    """Warn of names that are one where a file system takes upper and lower case for the same."""
    for owner, other in _namesakes(owners, _without_case):
        owner.at.warn(
            f"the files of `{owner.name}` are those of `{other.name}` at {where(other)} on a file system that "
            "does not tell upper and lower case apart",
            "rename one of the two, so that the files can be read on macOS and Windows, too",
            rule="duplicate-name",
        )


def _without_case(owner: Owner) -> tuple[str, str]:
    """SLOs are told apart within their service, whose own files are told first."""
    return (owner.service, owner.slo.lower()) if owner.slo else (owner.service.lower(), "")


def _namesakes(owners: Iterable[Owner], key: Callable[[Owner], Hashable]) -> Iterator[tuple[Owner, Owner]]:
    """The first owner of each name that has a key which another name has taken, with that one."""
    taken: dict[Hashable, Owner] = {}
    seen: set[tuple[Hashable, str, str]] = set()
    for owner in owners:
        other = taken.setdefault(key(owner), owner)
        name = (key(owner), owner.service, owner.slo)
        if (other.service, other.slo) != (owner.service, owner.slo) and name not in seen:
            yield owner, other
        seen.add(name)
