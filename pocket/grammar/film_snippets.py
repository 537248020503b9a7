"""Critic-like snippets on films, series and books, positive or negative."""

from pocket.grammar.kit import Concept, Family, Lexicon


def _l(text: str) -> Lexicon:
    return tuple(part.strip() for part in text.split(";") if part.strip())


SLOTS = {
    "work": _l("film; movie; series; novel; documentary; sequel; thriller; comedy; drama; remake; debut; picture; miniseries; memoir; biopic; western; musical; horror film; romance; adaptation; cartoon; crime story; love story; prequel; satire; costume drama; short film; fable; road movie; war film; coming-of-age tale; ghost story"),
    "genre": _l("thriller; comedy; drama; horror film; romance; mystery; western; fantasy; space opera; satire; melodrama; farce; action film; spy story; noir; family film; documentary; animated tale; tragedy; adventure"),
    "element": _l("script; plot; dialogue; pacing; acting; camera work; score; ending; direction; editing; lead performance; story; humour; premise; character work; prose; final act; first half; opening; cast; chemistry between the leads; set design; narration; tone; voice acting; climax; romance; mystery at its heart; central relationship; soundtrack"),
    "theme": _l("grief; first love; a broken family; war; loneliness; revenge; growing old; fame; friendship; greed; faith; memory; exile; a missing child; small-town life; class; motherhood; guilt; a heist; the price of success; betrayal; life under surveillance; a failed marriage; adolescence; the sea; survival; justice; illness; a bank robbery; two estranged brothers"),
    "maker": _l("the director; the author; the writer; the film-maker; the lead actress; the lead actor; the cast; {fullname}; director {fullname}; newcomer {fullname}; {lastname}; the ensemble; the young star; the screenwriter; the veteran {lastname}"),
    "runtime": _l("{n} episodes; two hours; ninety minutes; three hours; {num} pages; the first half hour; one season; the whole running time; a single sitting; its final twenty minutes"),
    "gadj": _l(
        "moving; gripping; tender; witty; luminous; haunting; sharp; heartfelt; funny; clever; exhilarating; graceful; poignant; thrilling; inventive; absorbing; delightful; wise; warm; subtle; bold; stirring; elegant; riveting; charming; humane; vivid; rich; touching; sly;"
        "fresh; playful; lyrical; magnetic; assured; quietly devastating; beautifully observed; irresistible; exquisite; masterful; smart; sumptuous; compelling; spellbinding; big-hearted; nuanced; uplifting; refreshing; intoxicating; superbly crafted; provocative; hypnotic; joyous; honest; taut;"
        "brilliantly acted; rousing; dazzling; intelligent; hilarious; bittersweet; soulful; wickedly funny; deeply felt; engrossing; radiant; daring; finely tuned; memorable; generous; mesmerizing; original; crackling"
    ),
    "gverb": _l(
        "sparkles; soars; charms; grips from the first scene; lingers for days; earns every tear; delivers; never puts a foot wrong; sings; hits home; casts a spell; rewards patience; surprises at every turn; glows with warmth; crackles with wit; finds beauty in small things; keeps you guessing; wins you over;"
        "breaks your heart and mends it; holds you in its palm; lives up to its ambition; breathes new life into the {genre}; stays true to its characters; leaves you breathless; builds to a shattering finale; makes you laugh and think"
    ),
    "gnoun": _l("a triumph; a gem; a joy; a delight; a small miracle; a tour de force; a treat; a knockout; a marvel; a winner; a revelation; one of the year's best; an instant classic; a feast for the eyes; a breath of fresh air; a work of rare beauty; pure pleasure; a masterclass; a must-see; a thing of grace; a welcome surprise; storytelling at its finest; a rare pleasure; a wild and wonderful ride"),
    "badj": _l(
        "dull; tedious; clumsy; lifeless; shallow; predictable; bland; tiresome; muddled; contrived; overlong; flat; forgettable; pretentious; hollow; stale; leaden; incoherent; sappy; laboured; lazy; stilted; charmless; derivative; grating; plodding; witless; joyless; cliched; ponderous;"
        "mawkish; soulless; half-baked; overwrought; messy; vapid; wooden; tone-deaf; sluggish; unfunny; uninspired; bloated; cynical; cheap-looking; tepid; feeble; dreary; self-indulgent; insipid; ham-fisted; pointless; gloomy without depth; disjointed; implausible; smug; formulaic; limp; airless;"
        "numbing; crass; juvenile; murky; trite; unconvincing; empty; amateurish; heavy-handed; exhausting; turgid; second-rate; toothless; mean-spirited"
    ),
    "bverb": _l(
        "drags; falls flat; goes nowhere; runs out of ideas; collapses under its own weight; outstays its welcome; never comes alive; misfires; limps to the finish; squanders its premise; insults the viewer; loses its way; sinks without trace; fizzles out; tries far too hard; bores from start to finish;"
        "mistakes noise for excitement; mistakes gloom for depth; wastes a fine cast; recycles every cliche of the {genre}; leaves you cold; stumbles at every turn; has nothing to say; says nothing new about {theme}; forgets to be fun; puts you to sleep; buries its one good idea"
    ),
    "bnoun": _l("a mess; a bore; a dud; a slog; a misfire; a waste of talent; a chore; a letdown; a failure; a snooze; a disaster; an endurance test; a missed opportunity; a train wreck; a pale imitation; a cash grab; a jumble of cliches; a flop; a yawn; a disappointment; dead on arrival; an empty shell; one long sigh; {runtime} you will never get back"),
}

FILM_SNIPPETS = Family(
    name="film_snippets",
    instructions=(
        "Short critical remarks about films, series and books, labelled by opinion.",
        "Sentences from movie reviews and whether the critic liked it.",
        "Classify review snippets as praise or pan.",
        "Sentiment of lines from film criticism.",
        "Does the critic recommend the work?",
        "Snippets from arts reviews with their polarity.",
    ),
    slots=SLOTS,
    dims={"work": ("kind of work", "work", "type"), "element": ("element", "aspect", "what is judged"), "theme": ("theme", "subject", "about"), "maker": ("maker", "person", "who")},
    extras=(
        "the {work} is about {theme}",
        "it is {maker}'s {n}th {work}",
        "set in {city} in {year}",
        "it runs for {runtime}",
        "out in {month}",
        "the story begins in {country}",
        "based on a book from {year}",
        "seen at a festival in {city}",
        "the subject is {theme}",
        "it follows a family in {city}",
        "{maker} turns to {theme} this time",
        "shot in {country}",
    ),
    concepts={
        "positive": Concept(
            names=("positive", "praise", "liked", "fresh", "favourable", "recommended"),
            definitions=("the critic likes it", "praise for the film, series or book", "a warm or admiring judgement", "thumbs up"),
            lines=(
                "a {gadj} , {gadj2} {work}",
                "a {gadj} {work} about {theme}",
                "{gadj} , {gadj2} and {gadj3}",
                "{gnoun}",
                "a {work} that {gverb}",
                "the {work} {gverb}",
                "the {element} is {gadj} , the {element2} {gadj2}",
                "{maker} {gverb} in this {gadj} {work}",
                "{maker} has made a {gadj} {work} that {gverb}",
                "a {gadj} portrait of {theme}",
                "a {gadj} study of {theme} , {gnoun}",
                "rarely has {theme} been (shown|told|filmed|handled) with such (tenderness|wit|honesty|care|grace|force|insight|warmth)",
                "{gnoun} from (first frame to last|start to finish|beginning to end)",
                "thanks to its {gadj} {element} , the {work} {gverb}",
                "(full of|brimming with|rich in|bursting with|overflowing with) (life|ideas|humour|heart|energy|invention|feeling|colour|mischief|suspense)",
                "the (performances|images|jokes|songs|characters|twists|details) are {gadj}",
                "as a {genre} it is {gadj} , as a look at {theme} it is {gadj2}",
                "you will (laugh|cry|gasp|cheer|smile) and then (think about it for days|want to see it again|call your mother|tell your friends)",
                "{maker} is (superb|wonderful|magnetic|a revelation|outstanding|never better|simply terrific|unforgettable)",
                "it is {maker} who makes this {work} {gadj}",
                "a (moody|engaging|enthralling|elegant|astonishing|affecting|exciting|insightful|intimate|enchanting|endearing) {work} with a {gadj} {element}",
                "{runtime} fly by",
                "{runtime} of {gadj} storytelling",
                "not a moment of its {element} feels (false|wasted|forced)",
                "(manages|dares|contrives) to be both {gadj} and {gadj2}",
                "a {genre} with (brains|heart|soul|bite|real feeling|a conscience|style to burn)",
                "the best {work} about {theme} in years",
                "the (finest|smartest|funniest|loveliest|most original|most moving) {work} of the year",
                "what could have been {badj} turns out {gadj}",
                "far from {badj} , this {work} {gverb}",
                "its {element} is so {gadj} that you forget the time",
                "(go and see it|see it twice|do not miss it|worth every minute|highly recommended) , it {gverb}",
                "{maker} handles {theme} with a (light touch|steady hand|poet's eye|fine ear|sure instinct)",
                "simple , {gadj} and {gadj2}",
                "at once {gadj} and {gadj2} , {gnoun}",
                "with {gadj} {element} and a {gadj2} turn by {maker}",
                "even those who dislike the genre will be (charmed|won over|hooked|swept along|touched)",
                "it {gverb} , and it {gverb2}",
                "seldom is a {genre} this {gadj}",
                "its {element} is {gadj} , its (heart|spirit|eye|sense of place) {gadj2}",
                "{maker} (shines|excels|dazzles|is at the top of the game|gives everything) in a {gadj} {element}",
                "there is (magic|poetry|real tenderness|genuine wit|a rare honesty) in every (scene|chapter|frame|line)",
                "proof that the {genre} is (alive and well|far from dead|still able to surprise)",
            ),
            tails=("{gnoun}", "it {gverb}", "the {element} is {gadj}", "{maker} is {gadj}", "I left with a smile", "see it on the biggest screen you can", "highly recommended", "one to treasure", "I did not want it to end"),
        ),
        "negative": Concept(
            names=("negative", "pan", "disliked", "rotten", "unfavourable", "not recommended"),
            definitions=("the critic dislikes it", "a negative judgement of the film, series or book", "scorn, boredom or disappointment", "thumbs down"),
            lines=(
                "a {badj} , {badj2} {work}",
                "a {badj} {work} about {theme}",
                "{badj} , {badj2} and {badj3}",
                "{bnoun}",
                "a {work} that {bverb}",
                "the {work} {bverb}",
                "the {element} is {badj} , the {element2} {badj2}",
                "{maker} {bverb} in this {badj} {work}",
                "{maker} has made a {badj} {work} that {bverb}",
                "a {badj} treatment of {theme}",
                "a {badj} lecture on {theme} , {bnoun}",
                "rarely has {theme} been (shown|told|filmed|handled) with so little (care|insight|wit|feeling|imagination|sense|charm)",
                "{bnoun} from (first frame to last|start to finish|beginning to end)",
                "thanks to its {badj} {element} , the {work} {bverb}",
                "(devoid of|short on|starved of|empty of|without a trace of) (life|ideas|humour|heart|energy|invention|feeling|logic|suspense|charm)",
                "the (performances|images|jokes|songs|characters|twists|gags) are {badj}",
                "as a {genre} it is {badj} , as a look at {theme} it is {badj2}",
                "you will (yawn|groan|sigh|wince|cringe|squirm) and then (check your watch|look for the exit|ask for your money back|fall asleep)",
                "{maker} is (miscast|wasted|wooden|out of depth|clearly bored|painfully bad|sleepwalking|lost at sea)",
                "not even {maker} can save this {badj} {work}",
                "a (gloomy|awkward|irritating|uneven|endless|obvious|empty|inept|absurd|ugly|aimless) {work} with a {badj} {element}",
                "{runtime} feel like a (week|lifetime|month|prison term|long winter)",
                "{runtime} of {badj} storytelling",
                "not a moment of its {element} feels (true|earned|necessary|alive)",
                "(manages|contrives|succeeds only) to be both {badj} and {badj2}",
                "a {genre} with no (brains|heart|soul|bite|pulse|jokes|point|tension)",
                "the worst {work} about {theme} in years",
                "the (dullest|silliest|laziest|emptiest|most tiresome|most annoying) {work} of the year",
                "what could have been {gadj} turns out {badj}",
                "it wants to be {gadj} , it is merely {badj}",
                "its {element} is so {badj} that you pray for the credits",
                "(skip it|stay at home|avoid it|read a book instead|save the ticket money) , it {bverb}",
                "{maker} handles {theme} with (all the grace of a bulldozer|no feeling at all|a heavy hand|embarrassing sentiment)",
                "noisy , {badj} and {badj2}",
                "at once {badj} and {badj2} , {bnoun}",
                "with {badj} {element} and a {badj2} turn by {maker}",
                "even fans of the genre will be (bored|annoyed|baffled|left cold|let down)",
                "it {bverb} , and it {bverb2}",
                "seldom is a {genre} this {badj}",
                "its {element} is {badj} , its (heart|spirit|message|sense of humour) {badj2}",
                "{maker} (struggles|mugs|mumbles|overacts|is defeated) in a {badj} {element}",
                "there is (no magic|no tension|little to care about|hardly a laugh|nothing at stake) in any (scene|chapter|frame|line)",
                "never (funny|scary|clever|moving|tense) enough to (matter|justify {runtime}|work as a {genre}|hide the {badj} {element})",
                "another {badj} {genre} nobody asked for",
            ),
            tails=("{bnoun}", "it {bverb}", "the {element} is {badj}", "{maker} deserves better", "I nearly walked out", "wait for it on a long flight, or never", "not worth the ticket", "best forgotten", "I was glad when it ended"),
        ),
    },
    fields=(("text",), ("sentence",), ("snippet",)),
)

FAMILIES = (FILM_SNIPPETS,)
