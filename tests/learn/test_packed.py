"""Packed prompts are the prompts, in their order, and units of one are those that `cut` makes."""

from hypothesis import given, settings
from hypothesis import strategies as st

from synlearner.generate.sampling import cut
from synlearner.learn.packed import PackedPrompts
from synlearner.records import Prompt, Turn

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
values = st.dictionaries(texts, texts, max_size=3)
prompt = st.builds(Prompt, texts, texts, texts, st.integers(0, 9), texts, values, st.tuples(texts), texts, texts, st.integers(0, 2**63), st.tuples(texts, texts))
prompts = st.lists(prompt, max_size=12, unique_by=lambda p: p.id)


@given(prompts, prompts)
@settings(max_examples=60)
def test_what_was_packed_is_unpacked(some: list[Prompt], more: list[Prompt]) -> None:
    packed = PackedPrompts(some)
    assert list(packed.each()) == some
    assert dict(packed) == {p.id: p for p in some}
    assert dict(packed | PackedPrompts(more)) == {p.id: p for p in some} | {p.id: p for p in more}
    assert "nowhere" * 20 not in packed


@given(prompts, st.data())
def test_units_of_one_are_those_of_lists(some: list[Prompt], data: st.DataObject) -> None:
    units, wanted = PackedPrompts(some).singly(), cut([Turn(p) for p in some], 1)
    assert [list(u) for u in units] == wanted
    places = data.draw(st.lists(st.integers(0, len(some) - 1), unique=True) if some else st.just([]))
    assert [list(u) for u in units.among(places)] == [wanted[i] for i in places]
    assert [list(u) for u in units[1:3]] == wanted[1:3]
