"""Ways to begin and end a text, by tone; used with any family of single texts."""

TONES: dict[str, dict[str, tuple[str, ...]]] = {
    "angry": {
        "names": ("angry", "furious", "irritated", "fed up"),
        "open": ("this is ridiculous", "(seriously|honestly), enough is enough", "I am (really|so|beyond) annoyed", "unbelievable", "for the (second|third|fourth|tenth|umpteenth) time"),
        "close": ("sort it out (now|today)!", "not acceptable!", "I will not ask again", "what a joke", "worst (service|experience) ever"),
    },
    "polite": {
        "names": ("polite", "courteous", "friendly", "warm"),
        "open": ("hello", "good (morning|afternoon|evening)", "hi (there|team|all)", "dear team", "hope you are well"),
        "close": ("thank you (very much|so much|in advance)", "kind regards, {name}", "many thanks", "I appreciate (it|your help)", "best wishes, {fullname}", "have a nice {day}"),
    },
    "formal": {
        "names": ("formal", "businesslike", "official"),
        "open": ("to whom it may concern", "dear sir or madam", "I am writing to you on behalf of {lastname} and partners", "with reference to {code}"),
        "close": ("yours sincerely, {fullname}", "we look forward to your reply", "please confirm receipt", "regards, {lastname}"),
    },
    "casual": {
        "names": ("casual", "informal", "chatty", "slangy"),
        "open": ("hey", "yo", "so um", "ok so", "hiya", "right then", "lol", "guys"),
        "close": ("cheers", "thx", "ta", "lol", "haha", "no worries if not", "pls and thank you", "anyway", "ttyl"),
    },
    "worried": {
        "names": ("worried", "anxious", "nervous"),
        "open": ("I am (a bit|quite|very) worried", "please tell me this is normal", "not sure who to ask", "I might be doing something wrong"),
        "close": ("I hope it is nothing serious", "should I be worried?", "I have not slept because of this", "what if it gets worse?"),
    },
    "enthusiastic": {
        "names": ("enthusiastic", "excited", "happy", "cheerful"),
        "open": ("wow", "great news", "I just have to say", "oh my", "so excited"),
        "close": ("can't wait!", "made my day!", "yay!", "love it!", "keep it up!"),
    },
    "impatient": {
        "names": ("impatient", "hurried", "in a hurry", "urgent"),
        "open": ("quick one", "asap please", "need this today", "short on time here", "urgent"),
        "close": ("reply by {time}", "I need an answer today", "no time to lose", "hurry please", "still waiting"),
    },
    "puzzled": {
        "names": ("puzzled", "confused", "unsure"),
        "open": ("I do not get it", "maybe a silly thing", "confused here", "hmm", "is it just me or"),
        "close": ("what am I missing?", "no idea why", "am I the only one?", "very odd", "any clue?"),
    },
    "matter-of-fact": {
        "names": ("neutral", "matter-of-fact", "plain", "dry"),
        "open": ("for the record", "just to note", "fyi", "as of {date}"),
        "close": ("that is all", "nothing more to add", "details on request", "noted on {date}"),
    },
}
TONE_DIMENSIONS = ("tone", "mood", "style", "voice", "writing style", "attitude")
