"""Which rows are asked, in which order, and what is said of the others."""

import pytest

from cdkguard.config.preflight import ROWS, OwnRow, PreflightSettings, ShellCommand
from cdkguard.errors import ConfigError
from cdkguard.preflight.choice import choose_rows

LOAD = OwnRow("load", "the load test passes", ShellCommand("true", "."), ("prod",))


def ids(settings=PreflightSettings(), targets=("prod",), **options):
    return choose_rows(settings, "cdkguard.yaml", targets, **options).ids


def test_all_rows_in_their_order_and_own_ones_behind():
    assert ids() == tuple(ROWS)
    assert ids(PreflightSettings(commands=(LOAD,))) == (*ROWS, "load")


def test_the_configuration_chooses_and_orders():
    found = choose_rows(PreflightSettings(rows=("unit-tests", "data-retained")), "c.yaml", ("prod",))
    assert found.ids == ("unit-tests", "data-retained")
    assert {left.reason for left in found.left_out} == {"c.yaml does not list it"}
    assert len(found.left_out) == len(ROWS) - 2


def test_only_and_without_are_told():
    found = choose_rows(PreflightSettings(), "c", ("prod",), ("unit-tests", "staging"), ("staging",))
    assert found.ids == ("unit-tests",)
    assert {left.id: left.reason for left in found.left_out}["staging"] == "--without"
    assert {left.id for left in found.left_out} == set(ROWS) - {"unit-tests"}


def test_a_row_that_is_no_default_is_asked_by_name():
    assert ids(only=("other-findings",)) == ("other-findings",)
    assert "other-findings" not in ids()


def test_environments_need_rows_of_their_own():
    settings = PreflightSettings(needs={"staging": ("env-example",)}, staging="staging", commands=(LOAD,))
    assert ids(settings, ("staging",)) == ("env-example",)
    assert ids(settings, ("prod",)) == (*ROWS, "load")
    assert ids(settings, ("prod", "staging")) == (*ROWS, "load")  # what one of them needs


def test_an_own_row_is_for_its_environments():
    settings = PreflightSettings(commands=(LOAD,), staging="staging")
    found = choose_rows(settings, "c", ("staging",))
    assert "load" not in found.ids and "staging" not in found.ids
    reasons = {left.id: left.reason for left in found.left_out}
    assert reasons["load"] == "only for prod, by c" and reasons["staging"] == "staging is what is deployed"


@pytest.mark.parametrize("options", [{"only": ("unit-test",)}, {"without": ("unit-test",)}])
def test_an_unknown_row_is_refused_with_what_was_meant(options):
    with pytest.raises(ConfigError, match="did you mean 'unit-tests'"):
        ids(**options)
