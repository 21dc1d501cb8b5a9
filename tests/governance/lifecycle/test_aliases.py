"""Where a rollback may go: one step back, and never to what was rolled back."""

from hypothesis import given
from hypothesis import strategies as st

from accredit_governance.identifiers import new_id
from accredit_governance.lifecycle.aliases import Assigned, way_back

VERSIONS = [new_id() for _ in range(4)]


def test_the_first_assignment_leads_nowhere() -> None:
    first = Assigned(id=new_id(), model_version_id=VERSIONS[0], restores_id=None)

    assert way_back([first]) == ()


@given(st.lists(st.one_of(st.none(), st.sampled_from(VERSIONS)), max_size=12))
def test_rolling_back_takes_off_what_was_put_on_top(steps: list[object]) -> None:
    """None is a rollback; it takes off the stack until another version lies on top."""
    newest_first: list[Assigned] = []
    stack: list[object] = []
    for step in steps:
        if step is not None:
            if stack and stack[-1] == step:
                continue
            stack.append(step)
            named = Assigned.model_validate(
                {"id": new_id(), "model_version_id": step, "restores_id": None}
            )
            newest_first.insert(0, named)
            continue
        way = way_back(newest_first) if newest_first else ()
        below = list(stack)
        while below and below[-1] == stack[-1]:
            below.pop()
        assert [way[0].model_version_id] == below[-1:] if way else below == []
        if way:
            stack = below
            back = Assigned(
                id=new_id(), model_version_id=way[0].model_version_id, restores_id=way[0].id
            )
            newest_first.insert(0, back)
