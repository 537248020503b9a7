"""Reviews of phone apps and software on three levels."""

from pocket.grammar.kit import Concept, Family, Lexicon


def _l(text: str) -> Lexicon:
    return tuple(part.strip() for part in text.split(";") if part.strip())


SLOTS = {
    "app": _l(
        "banking app; weather app; running tracker; photo editor; language course; to-do list; map app; music player; dating app; calendar; recipe app; podcast player; chess game; puzzle game; racing game; shopping app; train ticket app; note app; password manager; meditation app; sleep tracker;"
        "food delivery app; scanner; video editor; messenger; budget planner; parking app; e-mail client; keyboard; flashlight; drawing app; quiz; TV guide; radio app; step counter; translation app; news reader; browser; VPN; farm game; taxi app; translator; period tracker; plant identifier; guitar tuner"
    ),
    "part": _l("login; search; widget; dark mode; sync; export; menu; notification; home screen; backup; offline mode; map; camera; voice input; payment page; tutorial; free version; design; layout; sharing; filter; timer; font; level design; support team; subscription; new interface; chat; statistics page; reminder"),
    "device": _l("my phone; my tablet; an old phone; my laptop; my new phone; a cheap Android; my watch; the TV box; my work phone; the iPad; both my devices; my wife's phone"),
    "version": _l("the last update; version {n}; the new version; the update in {month}; the {day} update; the latest release; the redesign; version {n}.{n2}; the beta; the summer update"),
    "bad": _l("useless; a mess; full of bugs; slow as treacle; unusable; full of ads; broken; a battery hog; a money trap; annoying; a privacy nightmare; clunky; unstable; a rip-off; garbage; confusing; bloated; laggy; frustrating; ugly; a disgrace; terrible; pathetic; a downgrade; spam"),
    "badend": _l("uninstalled; deleted it; one star; fix it; want my money back; switching to another one; do not install; avoid; waste of storage; gave up; cancelled; not worth a cent; please stop ruining it; I'm out; never again"),
    "mid": _l("ok; fine; average; decent; usable; so-so; not bad; alright; passable; a bit basic; half finished; hit and miss; promising; good enough; nothing special; meh"),
    "midend": _l("three stars for now; will change my rating if it gets fixed; keeping it for now; could be better; has potential; does what it says, mostly; waiting for improvements; good idea, mediocre result; fine for free; not sure I'd pay for it"),
    "plus": _l("it is free; the idea is good; it looks nice; the {part} is handy; it starts fast; it has many features; it is simple; few ads; support answers; it is easy to learn; the data is accurate"),
    "minus": _l("it crashes now and then; the ads are a bit much; the {part} needs work; it drains the battery; too many pop-ups; the good stuff costs extra; no dark mode; it asks me to log in every week; the {part} is missing; the text is tiny; sync is slow"),
    "good": _l("great; brilliant; easy to use; fast; smooth; clean; reliable; intuitive; a lifesaver; addictive in a good way; fun; the best of its kind; perfect; super handy; lightweight; well designed; excellent; worth every cent; so useful; awesome; amazing; a daily companion; spot on; a joy; neat; rock solid"),
    "goodend": _l("five stars; love it; keep it up; thanks to the developers; highly recommended; can't live without it; bought the full version; use it daily; told all my friends; well done; best app on my phone; no ads, no fuss; worth paying for; install it; thank you; great work"),
}

APP_REVIEWS = Family(
    name="app_reviews",
    instructions=("App store reviews by sentiment.", "What does the user think of the app?", "Classify comments on apps and games as good, middling or bad.", "User ratings of software in three levels.", "Sort the app feedback by how content the user is.", "Tone of reviews of mobile apps."),
    slots=SLOTS,
    dims={"app": ("app", "product", "kind of app"), "part": ("feature", "part", "function"), "device": ("device", "platform"), "version": ("version", "release")},
    extras=("I use the {app} on {device}", "on {device}", "since {version}", "I have had the {app} for {duration}", "I pay {money} a year", "installed it in {month}", "I use it (every day|at work|on the train|with my kids)", "running {version}", "a friend showed me this {app}", "I tried it on {device}"),
    concepts={
        "negative": Concept(
            names=("negative", "bad", "1-2 stars", "unhappy", "angry user"),
            definitions=("the user dislikes the app", "crashes, ads, money trouble or other reasons for a bad rating", "would not recommend the app"),
            lines=(
                "this {app} is {bad}",
                "{bad}, {badend}",
                "{bad} since {version}, {badend}",
                "{version} (ruined|broke|killed|destroyed) (everything|the {part}|this {app})",
                "(crashes|freezes|closes|hangs) (every time I open it|on {device}|on start|after {version}|whenever I touch the {part})",
                "the {part} (does not work|is gone|never loads|is broken|keeps failing) [since {version}], {badend}",
                "the {app} (drains|eats|kills) the battery of {device}, {badend}",
                "ads, ads, ads, an ad after every (click|level|song|page), {badend}",
                "charged me {money} without asking, {badend}",
                "can't cancel the subscription, {badend}",
                "I paid {money} and the {part} (still doesn't work|is locked|vanished)",
                "lost all my (data|notes|photos|progress|saved games) after {version}, {badend}",
                "(can't log in|won't open|black screen|endless loading|error {num}|stuck at {percent}) on {device}",
                "support (ignores me|never answers|sends robot replies), the {app} is {bad}",
                "worst {app} (ever|in the store|I have tried), {badend}",
                "why does a {app} need (my contacts|my location|the microphone)? {badend}",
                "used to be good, now it is {bad}",
                "on {device} the {app} is {bad}, {badend}",
                "the {part} is {bad} and the {part2} is no better",
                "took {money} for the {part} that everybody else gives for free, greedy",
            ),
            tails=("{badend}", "reinstalled it {n} times", "the {part} is {bad}", "how did {version} pass any test?", "I wrote to support {date}", "bring back the old version", "{bad}"),
        ),
        "neutral": Concept(
            names=("neutral", "mixed", "3 stars", "okay", "middling"),
            definitions=("good and bad in balance", "the user finds the app okay with reservations", "neither praise nor rejection"),
            lines=(
                "this {app} is {mid}",
                "{mid}, {midend}",
                "{plus}, but {minus}",
                "{minus}, but {plus}",
                "{plus}. {minus}. {midend}",
                "the {part} is (great|good|lovely), the {part2} (less so|needs work|not so much|is poor)",
                "like the {part}, dislike the {part2}",
                "(good|nice|clever) idea, but {minus}",
                "works on {device}, not so well on my other one, {midend}",
                "{version} fixed the {part} but broke the {part2}",
                "better than before {version}, still {minus}",
                "as a {app} it is {mid}, {midend}",
                "for a free {app} it is {mid}",
                "would be {good} if the {part} (worked|was faster|was free|came back)",
                "would give five stars, but {minus}",
                "fun for (a week|an hour|a few days), then it gets repetitive, {midend}",
                "after {version} it is {mid}",
                "there are better and worse ones than this {app}, {midend}",
                "half of the time the {part} works, half of the time it doesn't",
                "{mid} on {device}",
            ),
            tails=("{midend}", "it is {mid}", "{minus}, but I can live with it", "please improve the {part}", "let's see what {version} brings", "the {part} could be simpler", "so {mid}, I guess"),
        ),
        "positive": Concept(
            names=("positive", "good", "4-5 stars", "happy", "fan"),
            definitions=("the user likes the app", "praise, thanks and recommendation", "a high rating"),
            lines=(
                "this {app} is {good}",
                "{good}, {goodend}",
                "{good} and {good2}, {goodend}",
                "the {part} is {good}, {goodend}",
                "love the {part}, {goodend}",
                "{version} (made it even better|fixed everything|is a big step forward|brought the {part} I wanted), {goodend}",
                "works (perfectly|flawlessly|like a dream|without a hitch|smoothly) on {device}, {goodend}",
                "best {app} (ever|out there|I have tried|in the store), {goodend}",
                "I have tried {n} others and this {app} is {good}",
                "after {duration} not one crash, {goodend}",
                "no ads and a {part} that is {good}",
                "simple, {good}, {goodend}",
                "this {app} (saves me time|keeps me sane|got me off the couch|helped me save {money}|makes my commute fly), {goodend}",
                "my kids (love|adore|learn a lot from|can't stop playing with) this {app}",
                "worth the {money}, the {part} is {good}",
                "(quick|kind|fast|helpful) support, they fixed my {part} within a day, {goodend}",
                "{goodend}! {good}",
                "I use it on {device} and it is {good}",
                "finally a {app} that (just works|respects my privacy|is not full of ads|I understand), {goodend}",
                "since {version} it is {good}",
            ),
            tails=("{goodend}", "the {part} is {good} too", "{version} is great", "runs well on {device}", "keep up the good work", "I would pay {money} for it", "it is {good}"),
        ),
    },
    fields=(("text",), ("review",)),
)

FAMILIES = (APP_REVIEWS,)
