"""Resources that deploy another template: nested stacks, stack sets, products of Service Catalog, applications of AWS SAM."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from cdkguard._typing import Json, NamedTuple
from cdkguard.inputs.parts import DEPLOYERS
from cdkguard.inputs.shapes import list_or_empty, mapping_or_empty
from cdkguard.template.functions import flatten
from cdkguard.text.regexes import lazy_pattern

_ASSET = lazy_pattern(r"([0-9a-f]{64})\.(?:json|ya?ml|template)\Z")  # the end of the URL of a template that CDK uploads
# Of CDK's older synthesizers, whose URL is made of parameters.
_OLD_ASSET = lazy_pattern(r"AssetParameters[0-9a-f]{64}")
# AWS's own accounts in the Serverless Application Repository, with the functions that rotate secrets:
# https://github.com/aws/aws-cdk/blob/main/packages/aws-cdk-lib/aws-secretsmanager/lib/secret-rotation.ts
_OWN_APPLICATION = lazy_pattern(
    r"arn:aws[a-z-]*:serverlessrepo:[a-z0-9-]+:(?:297356227824|193023089310|023102451235):applications/SecretsManager\w+"
)


class DeployedTemplate(NamedTuple):
    """A template as the resource names it that deploys it."""

    url: Json = None
    body: Json = None  # where the template stands in the resource itself
    elsewhere: str = ""  # the accounts that it goes to, in words; "": the account of the stack

    def text(self) -> str | None:
        """The template where it stands in the resource, with § for each part that the deployment fills in."""
        text = flatten(self.body)
        return None if text == "§" else text

    def has_holes(self) -> bool:
        """Whether the deployment fills in parts of the template that stands in the resource."""
        return isinstance(self.body, dict)

    def address(self) -> str:
        """The URL or path with § for each part that the deployment fills in."""
        return flatten(self.url) or ""

    def asset_hash(self) -> str | None:
        """The hash in the URL of a template that CDK uploads."""
        found = _ASSET.search(self.address())
        return found[1] if found else None

    def is_old_asset(self) -> bool:
        """Whether it is the URL that CDK's older synthesizers write."""
        return isinstance(self.url, dict) and _OLD_ASSET.search(repr(self.url)) is not None

    def local_path(self) -> str | None:
        """The path of a file beside the template."""
        path = self.address()
        return None if not path or "://" in path or "§" in path or "${" in path else path


def find_in_loops(resources: Mapping[str, Json]) -> Iterator[str]:
    """The logical ids, with * where a loop fills something in, of what loops make and deploys a template."""
    for name, body in resources.items():
        if isinstance(body, list) and name.startswith("Fn::ForEach::") and len(body) == 3:
            yield from _find_in_loop(mapping_or_empty(body[2]))


def _find_in_loop(made: Mapping[str, Json]) -> Iterator[str]:
    for name, body in made.items():
        if str(mapping_or_empty(body).get("Type")) in DEPLOYERS:
            yield re.sub(r"[$&]\{[^{}]*\}", "*", name)
    yield from find_in_loops(made)


def templates_of(resource: Mapping[str, Json], mappings: Json) -> Iterator[DeployedTemplate]:
    """The templates that a resource deploys; `mappings` are those of the template that holds it."""
    read = _READERS.get(str(resource.get("Type")))
    if read is not None:
        yield from read(mapping_or_empty(resource.get("Properties")), mapping_or_empty(mappings))


def _of_stack(properties: Mapping[str, Json], _mappings: Mapping[str, Json]) -> Iterator[DeployedTemplate]:
    yield DeployedTemplate(properties.get("TemplateURL"))


def _of_stack_set(properties: Mapping[str, Json], _mappings: Mapping[str, Json]) -> Iterator[DeployedTemplate]:
    elsewhere = _describe_targets(list_or_empty(properties.get("StackInstancesGroup")))
    yield DeployedTemplate(properties.get("TemplateURL"), properties.get("TemplateBody"), elsewhere)


def _describe_targets(groups: list[Json]) -> str:
    targets = [mapping_or_empty(mapping_or_empty(group).get("DeploymentTargets")) for group in groups]
    found = [
        f"{words} {', '.join(sorted(names))}"
        for key, words in (("Accounts", "accounts"), ("OrganizationalUnitIds", "organizational units"))
        if (names := {str(n) for target in targets for n in list_or_empty(target.get(key)) if isinstance(n, str)})
    ]
    return " and ".join(found) or "the accounts of the stack set"


def _of_product(properties: Mapping[str, Json], _mappings: Mapping[str, Json]) -> Iterator[DeployedTemplate]:
    elsewhere = "the accounts that launch the product"
    versions = properties.get("ProvisioningArtifactParameters")
    for version in versions if isinstance(versions, list) else [versions]:
        info = mapping_or_empty(mapping_or_empty(version).get("Info"))
        if version is not None:
            yield DeployedTemplate(info.get("LoadTemplateFromURL"), elsewhere=elsewhere)
    if "SourceConnection" in properties:  # whatever the branch of another repository holds
        yield DeployedTemplate(elsewhere=elsewhere)


def _of_application(properties: Mapping[str, Json], mappings: Mapping[str, Json]) -> Iterator[DeployedTemplate]:
    location = properties.get("Location")
    names = list(_find_applications(mapping_or_empty(location).get("ApplicationId"), mappings))
    if not names or not all(_OWN_APPLICATION.fullmatch(name) for name in names):
        yield DeployedTemplate(location if isinstance(location, str) else None)


def _find_applications(value: Json, mappings: Mapping[str, Json]) -> Iterator[str]:
    """The ARNs that the id of an application may be: one, or of a mapping by partition all."""
    if isinstance(value, str):
        yield value
    keys = mapping_or_empty(value).get("Fn::FindInMap")
    if isinstance(keys, list) and len(keys) == 3 and isinstance(keys[0], str) and isinstance(keys[2], str):
        for row in mapping_or_empty(mappings.get(keys[0])).values():
            yield str(mapping_or_empty(row).get(keys[2]))


_READERS: dict[str, Callable[[Mapping[str, Json], Mapping[str, Json]], Iterator[DeployedTemplate]]] = {
    "AWS::CloudFormation::Stack": _of_stack,
    "AWS::CloudFormation::StackSet": _of_stack_set,
    "AWS::ServiceCatalog::CloudFormationProduct": _of_product,
    "AWS::Serverless::Application": _of_application,
}
