"""Files that are refused: each with file, line, column, what is wrong, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.domain.scenario_checks import validate
from sandbox.errors import InputError
from sandbox.scenario_files import load_manifest, load_profile, load_scenario, parse_manifest, parse_scenario
from sandbox.yaml_strict import MAX_BYTES, MAX_NODES

FILES = Path(__file__).parents[1] / "vectors" / "bad_files"


def manifest(path: Path) -> None:
    load_manifest(path)


def profile(path: Path) -> None:
    load_profile(path)


def scenario(path: Path) -> None:
    """Read and looked up against the pilot of the folder, as before a run."""
    validate(load_scenario(path), parse_manifest((FILES / "good_pilot.yaml").read_bytes()))


BAD = [
    ("alias_bomb", manifest, 1, 4, '&a: anchors and aliases are not read'),
    ("bad_advance", scenario, 8, 5, "{'fortnights': 2} is not a duration"),
    ("bad_duration", manifest, 9, 24, "limit max_client_volume: 'soon' is not a duration"),
    ("bad_event", manifest, 8, 5, "event Drawn has no parameter 'amount'"),
    ("bad_expression", scenario, 8, 43, "'$alice.balance' is not an expression: '.' has no place in i"),
    ("bad_money", manifest, 8, 62, "'12.50 yuan' is not a sum of money"),
    ("bad_utf8", manifest, 2, 10, 'the byte 0xe9 is not UTF-8'),
    ("broken_yaml", manifest, 3, 9, "this is not YAML: while parsing a flow mapping, expected ','"),
    ("check_of_nothing", scenario, 8, 5, 'a check compares with nothing'),
    ("client_and_role", scenario, 4, 10, "actor 'alice' is both a client and 'issuer'"),
    ("client_with_two_classes", scenario, 5, 11, "client 'C-001' has two values for class: 'qualified' and 're"),
    ("contradicting_expectation", scenario, 8, 44, "a transaction of status success cannot have 'finding'"),
    ("control_character", manifest, 6, 21, 'this is not YAML: the character U+0001 may not stand in it'),
    ("custom_tag", manifest, 6, 9, 'the tag tag:yaml.org,2002:python/object:os.system is not rea'),
    ("duplicate_key", manifest, 8, 1, "the key 'roles' occurs twice"),
    ("empty", manifest, 1, 1, 'the file is empty'),
    ("float_for_money", manifest, 8, 62, '12.50 is a floating-point number, which is never exact'),
    ("half_surrogate", manifest, 6, 19, 'half of a surrogate pair is not a character'),
    ("instance_before_deploy", scenario, 8, 5, "'Register' is used before it is deployed"),
    ("library_before_deploy", scenario, 5, 5, "library 'MathLib' of 'Register' is not deployed yet"),
    ("missing_contract", scenario, 8, 5, "there is no contract 'Registry'"),
    ("missing_key", manifest, 6, 9, "the key 'profile' is missing"),
    ("missing_library", manifest, 7, 6, "there is no contract 'MatLib'"),
    ("missing_source", manifest, 5, 25, "there is no file 'C.sol'"),
    ("name_taken", scenario, 8, 5, "the name 'alice' is already taken"),
    ("negative_amount", manifest, 8, 62, "the amount '-1 CNY' is negative"),
    ("negative_transfer", scenario, 8, 37, '-5 does not fit into a uint256'),
    ("not_a_step", scenario, 8, 5, 'this is not a step'),
    ("number_for_text", manifest, 7, 24, '7 is not text'),
    ("path_escape", manifest, 6, 6, "'../../etc/passwd' is not a path inside the pilot's folder"),
    ("profile_above_ceiling", profile, 7, 16, 'limit max_clients: 6 is looser than its ceiling 5'),
    ("profile_hard_floor_above_minimum", profile, 7, 12, 'limit reserve: the hard floor 10000 lies above the minimum 9000'),
    ("profile_no_such_jurisdiction", profile, 7, 17, "limit jurisdiction: 'UK' is not the ISO 3166-1 alpha-2 code"),
    ("profile_parameter_of_wrong_type", profile, 9, 24, "parameter notice_days: '7d' is not a whole number"),
    ("profile_parameter_of_wrong_unit", profile, 9, 40, "parameter rectification_days has the unit working days, not 'days'"),
    ("profile_supervisory_order", profile, 8, 22, 'limit supervisory_order: an order of the supervisor is always in force'),
    ("profile_trigger_below_total", profile, 8, 30, 'the wind_down_trigger 100 CNY is not above max_total_exposure 100 CNY'),
    ("profile_unknown_stage", profile, 8, 42, "there is no stage 'G4'"),
    ("profile_unsure_confidence", profile, 7, 65, "'sure' is not one of verified, secondary, unverified, design"),
    ("profile_without_confidence", profile, 7, 16, "the key 'confidence' is missing"),
    ("profile_without_unit", profile, 7, 16, "the key 'unit' is missing"),
    ("profile_wrong_currency", profile, 7, 18, 'limit max_tx_amount is in EUR, the profile in CNY'),
    ("profile_wrong_unit", profile, 7, 16, 'limit max_clients counts clients, not heads'),
    ("reserved_name", scenario, 4, 8, "an actor cannot be called 'now'"),
    ("start_without_zone", scenario, 3, 8, "'2027-01-04T09:00:00' is not a whole second with its zone"),
    ("step_key_of_another", scenario, 8, 26, "unknown key 'as'"),
    ("tab_indentation", manifest, 3, 1, 'this is not YAML: while scanning for the next token, found c'),
    ("tally_and_expect", scenario, 8, 5, 'a repeat has more than one of expect and tally'),
    ("too_deep", manifest, 1, 40, 'the file is nested deeper than 32'),
    ("top_level_list", manifest, 1, 1, 'the file must hold keys and values, pilot, name, category, f'),
    ("two_documents", manifest, 2, 1, 'there is a second document in the file'),
    ("unknown_actor", scenario, 8, 5, "there is no actor 'isuer'"),
    ("unknown_asset", scenario, 8, 5, "there is no asset 'share'"),
    ("unknown_client", scenario, 8, 5, "there is no client 'C-002'"),
    ("unknown_fault", scenario, 8, 13, 'this fault is not known'),
    ("unknown_finding", scenario, 9, 5, "there is no finding 'privilegd_op'"),
    ("unknown_key", manifest, 7, 1, "unknown key 'asets'"),
    ("unknown_limit", manifest, 9, 5, "there is no limit 'max_cleints'"),
    ("unknown_name_in_arguments", scenario, 9, 5, "there is no actor or instance 'bob'"),
    ("unknown_nested_key", manifest, 8, 42, "unknown key 'decimal'"),
    ("unknown_role", scenario, 4, 11, "there is no role 'isuer'"),
    ("unquoted_hex", scenario, 10, 12, '0x00000000000000000000000000000000000000aa is hex without qu'),
    ("wrong_grade", scenario, 8, 69, "'S7' is not one of S0, S1, S2, S3, S4"),
    ("wrong_standard", manifest, 8, 35, "'erc-20' is not one of native, erc20, erc721, erc1155, erc46"),
    ("wrong_status", scenario, 8, 53, "'sucess' is not one of success, reverted, blocked, flagged"),
    ("wrong_type", manifest, 8, 52, "'many' is not a whole number"),
    ("yes_for_text", manifest, 7, 22, 'yes is a truth value to some YAML versions and text to other'),
]


@pytest.mark.parametrize(("name", "read", "line", "column", "what"), BAD, ids=[row[0] for row in BAD])
def test_a_bad_file_is_refused_at_its_place(name: str, read: Callable[[Path], None], line: int, column: int, what: str) -> None:
    path = FILES / f"{name}.yaml"
    with pytest.raises(InputError) as caught:
        read(path)
    assert what in caught.value.what
    assert caught.value.where == f"{path}:{line}:{column}"
    assert caught.value.do


def test_every_bad_file_is_in_the_table() -> None:
    assert {path.stem for path in FILES.iterdir()} - {"good_pilot", "other_pilot"} == {row[0] for row in BAD}


def test_a_scenario_of_another_pilot_is_refused() -> None:
    with pytest.raises(InputError, match="'quick-loan', not 'sme-equity'") as caught:
        scenario(FILES / "other_pilot.yaml")
    assert caught.value.where == str(FILES / "other_pilot.yaml")


@pytest.mark.parametrize(
    ("name", "read", "advice"),
    [
        ("unknown_key", manifest, "did you mean 'assets'?"),
        ("unknown_nested_key", manifest, "did you mean 'decimals'?"),
        ("unknown_actor", scenario, "did you mean 'issuer'?"),
        ("unknown_finding", scenario, "did you mean 'privileged_op'?"),
        ("wrong_status", scenario, "did you mean 'success'?"),
        ("step_key_of_another", scenario, "use one of: advance, note"),
        ("float_for_money", manifest, '"12.50 CNY"'),
        ("unquoted_hex", scenario, "quotes"),
        ("tab_indentation", manifest, "spaces"),
    ],
)
def test_advice_fits_the_mistake(name: str, read: Callable[[Path], None], advice: str) -> None:
    with pytest.raises(InputError) as caught:
        read(FILES / f"{name}.yaml")
    assert advice in (caught.value.do or "")


def test_a_file_that_is_too_large_is_not_even_parsed(tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    path.write_bytes(b"pilot: " + b"a" * MAX_BYTES)
    with pytest.raises(InputError, match=f"more than {MAX_BYTES} bytes") as caught:
        load_manifest(path)
    assert caught.value.where == f"{path}:1:1"


def test_a_file_of_too_many_values_is_left_at_the_first_too_many() -> None:
    with pytest.raises(InputError, match=f"more than {MAX_NODES} values"):
        parse_scenario(b"[" + b"1," * (MAX_NODES + 10) + b"]")


def test_a_number_of_a_hundred_digits_is_too_long_to_be_read() -> None:
    with pytest.raises(InputError, match="more than 100 digits"):
        parse_scenario(b"seed: " + b"9" * 5_000)


@pytest.mark.parametrize("text", ["1.5", "1e5", ".5", ".inf", ".nan", "0x1F", "0o17", "007", "yes", "No", "ON"])
def test_an_ambiguous_scalar_is_refused_everywhere_and_fine_in_quotes(text: str) -> None:
    template = (FILES / "good_pilot.yaml").read_text(encoding="utf-8").replace("Example Ltd", "{}")
    with pytest.raises(InputError) as caught:
        parse_manifest(template.replace("{}", text).encode())
    assert "quotes" in (caught.value.do or "") and (caught.value.where or "").endswith(":5:14")
    assert parse_manifest(template.replace("{}", f"'{text}'").encode()).firm.name == text


def test_several_mistakes_are_reported_together_the_first_five_in_the_order_of_the_file() -> None:
    raw = b"pilot: P!\nname: 5\ncategory: shares\nfirm: {nam: x}\ncontracts: {C: {source: 0x1}}\nroles: 3\nlimits: {}\n"
    with pytest.raises(InputError) as caught:
        parse_manifest(raw, "pilot.yaml")
    first, *lines, last = caught.value.what.splitlines()
    assert first == "8 problems" and last.strip() == "and 3 more"
    assert [line.split(": ")[0].strip() for line in lines] == [
        "pilot.yaml:1:8",
        "pilot.yaml:2:7",
        "pilot.yaml:3:11",
        "pilot.yaml:4:7",
        "pilot.yaml:4:8",
    ]
    assert caught.value.where == "pilot.yaml"
