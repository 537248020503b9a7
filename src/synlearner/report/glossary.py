"""What our names mean, in a sentence each for a reader who meets them for the first time: words of the page, reasons of rejection, checks, ways of damage.

A name that is not here is somebody's own, for example of a filter of theirs: it stands on the page without a meaning.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

WORDS: Mapping[str, str] = {
    "Generator": "the language model that writes the rows",
    "Seed rows": "the few labelled rows that came with the task; the generator sees them as examples",
    "Synthetic rows": "what the generator wrote and the filters kept",
    "Gold rows": "labelled rows that the generator never sees and nothing learns from, as good as whoever wrote them; students are scored on them",
    "Student": "a fresh, ordinary classifier that learns the rows; how well it does on gold rows is what the rows are worth",
    "Point": "one percent of the gold rows: from 40 % right to 45 % right are 5 points",
    "Adapter": "the small set of weights that fine-tuning adds to the generator; it carries what was learnt from task to task",
}
REASONS: Mapping[str, str] = {
    "empty answer": "nothing but white space",
    "no json": "the answer holds no JSON object",
    "broken json": "the object cannot be read without inventing parts of it",
    "cut off": "the answer ends in the middle of the object",
    "missing key": "something that was asked for is not there",
    "extra key": "a key that was not asked for, or one twice",
    "wrong type": "a list or an object where a text belongs",
    "wrong label": "the answer names another label than was asked for",
    "empty field": "a field without text",
    "broken text": "characters that are no text",
    "invalid record": "breaks a rule of the kind of task, for example two equal texts in a pair",
    "too short": "fewer words than the task allows",
    "too long": "more words than the task allows",
    "leak": "the text names its own label, or repeats a piece of the instruction",
    "copied seed": "repeats a seed row or an example of the prompt",
    "prompt echo": "repeats parts of the prompt",
    "contamination": "resembles a gold row, so that scores would flatter",
    "label": "the label check, which reads the text without its label, reads another one",
    "attributes": "does not show what was asked for, such as the tone",
    "duplicate": "the same text as another row or a seed row",
    "near-duplicate": "nearly the same text as another row or a seed row",
    "repetition": "says the same words again and again",
    "compression": "so repetitive that it shrinks more than prose does",
    "readable": "letters that are no words",
    "length": "not as long as was asked for",
    "judge": "the judges score it below their threshold",
    "surplus": "a good row more than its label needs",
}
# An ending as in "gradient:reference" marks the function as its paper has it.
FUNCTIONS: Mapping[str, str] = {
    "loss": "how unlikely the student finds the row's label",
    "confidence": "how close the student's two likeliest labels are",
    "entropy": "how undecided the student is among all labels",
    "gradient": "how far the row would move the student",
    "proximity": "how close the row is to the seeds",
    "diversity": "what the row stands for that nothing chosen so far stands for",
    "answer-variance": "how much several students disagree in their answers",
    "learnability": "high for rows that the student gets right about half of the time",
    "bald": "doubt of several students that more data would remove",
    "badge": "rows that would move the student far, each another way",
    "wrong-answer": "1 where the student is wrong, 0 elsewhere",
    "influence": "how much one learning step on the row helps on development rows",
    "coverage": "few rows that resemble all others",
    "representative": "rows that stand for many that the student doubts",
    "random": "chance, to compare with: its interval must hold zero",
    "length": "the number of words, to compare with",
}
DAMAGES: Mapping[str, str] = {
    "label flip": "the text stays and is passed off as another label",
    "attribute removal": "the words that the row was asked to mention are taken out",
    "paraphrase duplicate": "the first row again, behind a filler word",
    "truncation": "only the first word is left",
    "loop": "the first three words, twelve times",
    "word salad": "as many words, of random consonants",
    "json break": "the answer ends in the middle",
    "words dropped": "half of the words are missing",
    "words shuffled": "the words in random order",
    "wrong attributes": "the text is passed off as the answer to what another row was asked for",
    "filler": "a sentence that says nothing, instead of the text",
    "praise": "the row praises itself",
    "praised flip": "another label, and praise to make up for it",
    "padding": "words that add nothing, behind the text",
}


def met(names: Iterable[str], meanings: Mapping[str, str]) -> dict[str, str]:
    """Those of the names whose meaning is known, in their order."""
    return {name: meanings[name] for name in dict.fromkeys(names) if name in meanings}
