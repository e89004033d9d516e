"""The fix in the language of the user's own code, and how a finding is accepted in it."""

from __future__ import annotations

import json

import pytest
import yaml

from cdkguard.model import Finding, Outcome, Remedy, Source
from cdkguard.outputs.fixes import (
    choose_fix,
    language_of,
    language_of_app,
    language_of_command,
    languages_of,
    make_fix,
    suppression_hint,
)
from cdkguard.outputs.render import Options

REMEDY = Remedy(
    "Turn on deletion protection.",
    python="deletion_protection=True,",
    typescript="deletionProtection: true,",
    template="Properties:\n  DeletionProtectionEnabled: true\n",
)


def finding(source: str = "", construct: str | None = "Shop/Orders/Resource", template: str = "shop.yaml") -> Finding:
    place = Source(source, 7) if source else None
    return Finding(
        "r", Outcome.FAIL, "high", "m", "Shop", "Shop", template, "prod",
        logical_id="Orders", construct_path=construct, source=place, remedy=REMEDY,
    )  # fmt: skip


@pytest.mark.parametrize(
    "source, language",
    [
        ("app.py", "python"), ("lib/shop.ts", "typescript"), ("lib/shop.MTS", "typescript"), ("lib/shop.js", "typescript"),
        ("src/Shop.java", "java"), ("src/Shop.kt", "java"), ("Shop.cs", "csharp"), ("Shop.fs", "csharp"), ("main.go", "go"),
        ("old/shop.yaml", "yaml"), ("old/shop.json", "json"),
    ],
)  # fmt: skip
def test_the_source_line_says_the_language(source, language):
    assert language_of(finding(source), Options(language="go" if language != "go" else "java")) == language


def test_without_a_source_line_the_app_says_it_and_without_a_construct_the_template():
    assert language_of(finding(), Options(language="python")) == "python"
    assert language_of(finding(), Options()) == "typescript"
    assert language_of(finding(construct=None), Options(language="python")) == "yaml"
    assert language_of(finding(construct=None, template="shop.template.json"), Options(language="python")) == "json"
    assert language_of(finding(construct=None, template="shop"), Options()) == "yaml"


def test_an_app_has_the_language_of_most_of_its_lines():
    found = [finding("a.py"), finding("b.ts"), finding("c.py"), finding()]
    assert language_of_app(found) == "python"
    assert language_of_app([finding()]) is None
    assert languages_of(found, Options(language="typescript")) == ["python", "typescript"]


@pytest.mark.parametrize(
    "command, language",
    [
        ("python3 app.py", "python"), ("JSII_HOST_STACK_TRACES=1 python3.12 app.py && cdkguard check", "python"),
        (".venv/bin/python app.py", "python"), ("uv run app.py", "python"), (r".venv\Scripts\python.exe app.py", "python"),
        ("npx ts-node --prefer-ts-exts bin/app.ts", "typescript"), ("node bin/app.js", "typescript"), ("bun bin/app.ts", "typescript"),
        ("mvn -e -q compile exec:java", "java"), ("./gradlew run", "java"), ("dotnet run --project src/Shop.csproj", "csharp"),
        ("go mod download && go run shop.go", "go"), ("make synth", None), ("", None), ("cat shop.json", None),
    ],
)  # fmt: skip
def test_the_command_of_an_app_says_its_language(command, language):
    assert language_of_command(command) == language


def test_each_language_gets_its_own_code_and_no_other():
    codes = {language: make_fix(REMEDY, language).code for language in ("python", "typescript", "yaml", "json")}
    assert codes == {
        "python": "deletion_protection=True,",
        "typescript": "deletionProtection: true,",
        "yaml": "Properties:\n  DeletionProtectionEnabled: true",
        "json": '"Properties": {\n  "DeletionProtectionEnabled": true\n}',
    }
    assert json.loads("{" + codes["json"] + "}") == yaml.safe_load(codes["yaml"])


@pytest.mark.parametrize(
    "language, words",
    [
        ("java", "In Java: the property `deletionProtection`; in CloudFormation `Properties.DeletionProtectionEnabled: true`."),
        ("csharp", "In .NET: the property `DeletionProtection`; in CloudFormation `Properties.DeletionProtectionEnabled: true`."),
        ("go", "In Go: the property `DeletionProtection`; in CloudFormation `Properties.DeletionProtectionEnabled: true`."),
    ],
)  # fmt: skip
def test_the_other_languages_get_the_property_in_words(language, words):
    assert make_fix(REMEDY, language) == (f"Turn on deletion protection. {words}", language, "")


@pytest.mark.parametrize(
    "typescript, words",
    [
        ("new s3.Bucket(this, 'Data', { versioned: true });", " In Go: the class `Bucket`."),
        ("table.applyRemovalPolicy(RemovalPolicy.RETAIN);", " In Go: the method `ApplyRemovalPolicy`."),
        ("Stack.of(this).account", ""),
        (None, ""),
    ],
)
def test_a_class_and_a_method_are_named_as_well(typescript, words):
    assert make_fix(Remedy("Fix it.", typescript=typescript), "go").text == "Fix it." + words


def test_a_remedy_without_code_stands_alone():
    for language in ("python", "typescript", "java", "csharp", "go", "yaml", "json"):
        assert make_fix(Remedy("Fix it."), language) == ("Fix it.", language, "")
    assert choose_fix(finding()._replace(remedy=None), Options()) is None


def test_a_finding_is_accepted_in_the_language_of_the_code():
    assert suppression_hint("python", "s3-tls") == (
        'Validations.of(x).acknowledge(Acknowledgment(id="cdkguard::s3-tls", reason="..."))'
    )
    assert suppression_hint("typescript") == 'Validations.of(x).acknowledge({ id: "cdkguard::RULE", reason: "..." });'
    metadata = {"Metadata": {"cdkguard": {"suppress": [{"rule": "RULE", "reason": "..."}]}}}
    assert yaml.safe_load(suppression_hint("yaml")) == metadata
    assert json.loads("{" + suppression_hint("json") + "}") == metadata
    for language in ("java", "csharp", "go"):
        assert "cdkguard::RULE" in suppression_hint(language)
