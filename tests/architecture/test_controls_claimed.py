from docs.pia.catalogue import DELIVERED, claims, claims_in, control_ids, controls

TOTAL = 270


def test_the_catalogue_is_whole_and_its_ids_are_unique() -> None:
    ids = [control.id for control in controls()]

    assert len(ids) == TOTAL
    assert len(set(ids)) == TOTAL


def test_every_delivery_is_known() -> None:
    assert {control.due for control in controls()} <= {*DELIVERED, "later"}


def test_no_test_claims_an_unknown_control() -> None:
    assert set(claims()) - control_ids() == set()


def test_every_control_that_is_due_is_claimed() -> None:
    claimed = claims()

    assert [control.id for control in controls() if control.is_due and control.id not in claimed] == []


def test_example_claims_are_found_on_tests_classes_and_parameters() -> None:
    text = (
        "import pytest\n"
        "pytestmark = pytest.mark.kj('KJ-A-01')\n"
        "@pytest.mark.kj('KJ-B-01', 'KJ-B-02')\n"
        "class TestB:\n"
        "    @pytest.mark.kj('KJ-C-01')\n"
        "    def test_c(self): ...\n"
    )

    assert claims_in(text) == [
        ("KJ-A-01", ""),
        ("KJ-B-01", "TestB"),
        ("KJ-B-02", "TestB"),
        ("KJ-C-01", "TestB::test_c"),
    ]


def test_example_other_marks_and_comments_claim_nothing() -> None:
    assert claims_in("import pytest\n# KJ-A-01\n@pytest.mark.slow\ndef test_a(): 'KJ-A-01'\n") == []
