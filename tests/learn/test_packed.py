"""Packed prompts are the prompts, in their order."""

from hypothesis import given, settings
from hypothesis import strategies as st

from synlearner.learn.packed import PackedPrompts
from synlearner.records import Prompt

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
