"""Answers in employee and event surveys: praise, complaint, suggestion or question."""

from pocket.grammar.kit import Concept, Family, Lexicon


def _l(text: str) -> Lexicon:
    return tuple(part.strip() for part in text.split(";") if part.strip())


SLOTS = {
    "topic": _l(
        "canteen; open-plan office; onboarding; parking; holiday policy; team meeting; new payroll system; summer party; home office rule; shift plan; training day; coffee machine; bonus scheme; annual review; mentoring programme; meeting room; intranet; air conditioning; bike shed; health check; town hall; dress code;"
        "keynote; workshop; registration desk; conference dinner; poster session; catering; venue; opening talk; closing panel; live stream; badge; programme booklet; coffee break; networking evening; exhibition hall; schedule; sound system; cloakroom; seating; event app; city tour; panel on {day}; hotel; shuttle bus"
    ),
    "group": _l("management; the HR team; the organisers; my supervisor; the speakers; the facilities team; our department; the volunteers; the IT desk; the moderators; the board; my colleagues; the caterers; the night shift; the trainers; the works council; the front desk; the team lead; the sponsors; the interns"),
    "site": _l("in {city}; on the third floor; at head office; in the warehouse; in hall {n}; online; in the main building; at the venue; on site; in the lab; in room {n}; at the {city} branch; in the basement; in the lobby"),
    "good": _l("great; excellent; well organised; inspiring; helpful; a highlight; smooth; very useful; superb; thoughtful; a real improvement; motivating; warm and friendly; professional; perfectly timed; delightful; fair; impressive; refreshing; spot on"),
    "bad": _l("chaotic; unfair; a mess; too loud; poorly planned; useless; overcrowded; frustrating; disappointing; a waste of time; unacceptable; badly explained; too long; too cold; demotivating; confusing; stressful; dirty; a joke; out of date; unreliable; boring"),
}

STANCE_FEEDBACK = Family(
    name="stance_feedback",
    instructions=(
        "Survey answers from staff and event visitors by type of remark.",
        "Is the comment praise, a complaint, an idea or a question?",
        "Sort free-text answers of a feedback form.",
        "What does the respondent want: to thank, to complain, to propose or to ask?",
        "Kinds of comments in an employee or participant survey.",
        "Label feedback by its purpose.",
    ),
    slots=SLOTS,
    dims={"topic": ("topic", "subject", "about"), "group": ("group", "team", "addressed to", "people"), "site": ("place", "site", "where")},
    extras=("this is about the {topic}", "I work {site}", "I was {site} on {day}", "I have been here for {duration}", "about the {topic} {site}", "same as last year", "(speaking for|I asked) {n} colleagues", "just my two cents", "I filled in this form in {month} too", "regarding the {topic}"),
    concepts={
        "praise": Concept(
            names=("praise", "compliment", "positive feedback", "kudos"),
            definitions=("the person likes something and says so", "thanks or appreciation", "what went well"),
            lines=(
                "the {topic} {site} was {good}",
                "the {topic} is {good}, thanks to {group}",
                "(big|huge|many) thanks to {group} for the {topic}",
                "{group} did a (fantastic|wonderful|great|superb|terrific) job {site}",
                "I (really enjoyed|loved|liked|appreciate) the {topic}",
                "hats off to {group}, the {topic} was {good}",
                "best {topic} in {n} years",
                "keep the {topic} exactly as it is",
                "{group} (always listened|made me feel welcome|helped me at once|worked so hard) {site}",
                "well done, {group}",
                "the {topic} {site} made my day",
                "I feel (valued|supported|trusted|well looked after) by {group}",
                "so glad we have the {topic} now, it is {good}",
                "what I liked most: the {topic} {site}",
                "the {topic} was {good} and {group} were lovely",
                "everything ran like clockwork {site}, bravo {group}",
                "proud to work with {group}",
            ),
            tails=("thank you so much", "it was {good}", "more of this", "I came home happy", "chapeau", "can't praise {group} enough", "ten out of ten"),
        ),
        "complaint": Concept(
            names=("complaint", "criticism", "negative feedback", "grievance"),
            definitions=("the person is unhappy with something", "criticism without a concrete proposal", "what went wrong"),
            lines=(
                "the {topic} {site} was {bad}",
                "the {topic} is {bad} and {group} (do nothing|don't care|look away|deny it)",
                "{group} (never answer|ignored us|promised a lot and did nothing|were rude) {site}",
                "(disappointed|fed up|unhappy|annoyed|frustrated) with the {topic}",
                "I waited {duration} {site} because of the {topic}",
                "the {topic} has been broken for {duration}",
                "{group} cancelled the {topic} without a word",
                "not acceptable: the {topic} {site}",
                "the {topic} was {bad}, I left early",
                "there was (no water|no air|nowhere to sit|no signal|not enough food|a terrible smell) {site}",
                "too much work, too few people {site}, and {group} look the other way",
                "once again {group} forgot about us {site}",
                "the {topic} gets worse every year",
                "I paid {money} and the {topic} was {bad}",
                "nobody told us about the {topic}, as usual",
                "{group} favour their friends, the {topic} is {bad}",
                "the {topic} {site} made me ill",
            ),
            tails=("it was {bad}", "this has to stop", "I have had enough", "nobody listens", "many of us are angry", "not for the first time", "a shame"),
        ),
        "suggestion": Concept(
            names=("suggestion", "idea", "proposal", "improvement idea"),
            definitions=("the person proposes a change", "an idea for making things better", "says what could be done"),
            lines=(
                "it would be (nice|good|great|helpful) to have (a longer|a shorter|a second|an earlier|a weekly) {topic} {site}",
                "why not (move|open|offer|hold) the {topic} {site} next time",
                "please (consider|think about|try|introduce) a {topic} {site}",
                "(maybe|perhaps) {group} could (publish a plan|send a reminder|rotate each month|run a short poll|ask us first) before the {topic}",
                "I suggest that {group} (take over|review|simplify|shorten|announce) the {topic}",
                "my idea: (swap|merge|combine) the {topic} and the {topic2}",
                "next year the {topic} should (start at {time}|be {site}|last {duration}|be free for students|come with subtitles)",
                "how about (a quiet corner|more plants|a water fountain|a shared calendar|a suggestion box|a ride share list|a vegetarian day) {site}",
                "we could save {money} by (sharing|moving|digitising|cancelling) the {topic}",
                "add (signs|more seats|a map|name tags|power sockets|a microphone) {site}",
                "let {group} vote on the {topic}",
                "I would put the {topic} on a {day} instead",
                "{group} might want to record the {topic}",
                "instead of the {topic}, offer (vouchers|a walk|small groups|a video)",
                "a simple fix: ask {group} to open {site} at {time}",
                "I propose (a trial|a pilot|a test run) of {duration} for the {topic}",
                "could be improved with (fewer slides|longer breaks|clearer signs|a printed plan) {site}",
            ),
            tails=("just an idea", "other companies do it this way", "it costs next to nothing", "I would help to set it up", "worth a try", "a pilot of {duration} would do", "happy to discuss it with {group}"),
        ),
        "question": Concept(
            names=("question", "query", "asks for information", "needs an answer"),
            definitions=("the person wants to know something", "a request for information", "something is unclear and is asked"),
            lines=(
                "when (is|does|starts) the next {topic} {site}?",
                "who is (responsible for|in charge of|the contact for) the {topic}",
                "will the {topic} (take place|be repeated|be paid|stay the same) in {month}?",
                "where do I (find|sign up for|get the form for|read about) the {topic}",
                "how (long|often|much) is the {topic} {site}?",
                "does the {topic} also (apply to|include|concern) {group}?",
                "is it true that {group} will (leave|get more money|move {site}|close the {topic})?",
                "can I bring a guest to the {topic}?",
                "do we have to (register|pay {money}|come in person|wear a badge) for the {topic}",
                "what happens to the {topic} after {date}?",
                "could {group} tell us (when|if|whether|where) the {topic} will be {site}?",
                "are the slides of the {topic} available?",
                "which door is open {site} after {time}",
                "is there a deadline for the {topic}?",
                "what exactly do {group} mean by the new {topic}?",
                "I don't understand, does the {topic} count as working time?",
                "how do I reach {group} {site}",
            ),
            tails=("I could not find it on the intranet", "please let me know", "thanks for an answer", "who can tell me?", "I asked {group} already", "is there a link?", "just wondering"),
        ),
    },
    fields=(("text",), ("answer",), ("comment",)),
)

FAMILIES = (STANCE_FEEDBACK,)
