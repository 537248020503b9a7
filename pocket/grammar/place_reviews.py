"""Reviews of restaurants, cafes, hairdressers, hotels, gyms, garages and dentists on five levels."""

from pocket.grammar.kit import Concept, Family, Lexicon


def _l(text: str) -> Lexicon:
    return tuple(part.strip() for part in text.split(";") if part.strip())


SLOTS = {
    "place": _l(
        "restaurant; cafe; pizzeria; sushi bar; bistro; diner; noodle bar; burger joint; bakery; tapas bar; steak house; tea room; pub; ice cream parlour; kebab shop; brunch place; curry house;"
        "hair salon; barber shop; nail studio; beauty salon; spa; massage studio; tattoo studio;"
        "hotel; hostel; guest house; bed and breakfast; campsite; holiday flat; motel; resort;"
        "gym; climbing hall; yoga studio; swimming pool; boxing club; dance school; bowling alley;"
        "garage; car wash; tyre shop; bike shop; car rental; petrol station;"
        "dental practice; optician; physiotherapy practice; skin clinic; pharmacy; dry cleaner; cinema; museum; bookshop; flower shop; supermarket; escape room"
    ),
    "aspect": _l("service; staff; price; atmosphere; cleanliness; location; waiting time; decor; parking; opening hours; noise level; quality; booking system; value; welcome; hygiene; lighting; toilets; advice; attention to detail; music; heating"),
    "dish": _l(
        "pasta; steak; ramen; soup; risotto; burger; pizza; lamb curry; grilled fish; salad; chips; tiramisu; cheesecake; breakfast; pancakes; roast; tacos; paella; sushi; mussels; dumplings; cappuccino; croissant; sandwich; duck; house wine; bread; pho; falafel; chocolate cake; stew; ribs"
    ),
    "hpart": _l("room; bed; bathroom; shower; pool; breakfast buffet; lobby; balcony; air conditioning; mattress; wifi; view; minibar; carpet; lift; sauna"),
    "staff": _l("waiter; waitress; receptionist; owner; manager; barista; chef; cleaner; porter; bartender; host; cashier; person at the desk; assistant; trainee; girl at the till"),
    "pro": _l("hairdresser; barber; stylist; dentist; hygienist; mechanic; trainer; coach; instructor; masseur; optician; physio; beautician; yoga teacher; nail technician"),
    "company": _l("with my family; with friends; with my wife; with my husband; with two kids; on my own; with colleagues; with my parents; on a first date; with a group of {n}; with my sister; for our anniversary; for a birthday; with {name}; on a business trip; with a baby; for a hen party"),
    "when": _l("on a {day} night; on a {day} morning; last {day}; in {month}; at lunchtime; over the weekend; during the holidays; after work; on a rainy {day}; on New Year's Eve; at {time}; around noon; late in the evening; two weeks ago; last summer"),
    "vn": _l(
        "horrible; disgusting; a total disaster; appalling; atrocious; the worst in {city}; filthy; a health hazard; a complete rip-off; dreadful; an absolute disgrace; vile; a nightmare; revolting; shocking; a scam; abysmal; the worst experience of my life; inedible and rude; unbelievably bad; horrendous; beyond awful; a tourist trap of the worst kind"
    ),
    "vnend": _l(
        "never again; avoid like the plague; stay away; it should be shut down; I have called the inspectors; zero stars; I am furious; we walked out; save yourselves; do not set foot in there; we left in tears; I want my money back; worst day of our trip; run; shame on them; I would rather starve; a disgrace to {city}"
    ),
    "vnasp": _l("appalling; disgusting; atrocious; an insult; outrageous; beyond a joke; shameful; the worst I have ever seen; horrific; revolting; disgraceful; abysmal"),
    "ng": _l(
        "disappointing; overpriced; overrated; gloomy; not very clean; run-down; noisy and cramped; tired; below average; poorly run; unfriendly; chaotic; slow; not what it used to be; bland; a let-down; shabby; understaffed; stuffy; careless; cold in every sense; dingy; a bit grubby; mediocre at best; soulless; past its best; poor value"
    ),
    "ngend": _l(
        "we won't be back; not going again; I expected more; there are better ones nearby; would not recommend it; a pity; disappointed; I left unhappy; we regretted it; not worth the trip; I will go elsewhere next time; two stars; once was enough; I would skip it; it used to be better; we paid and left; not worth {money}; what a shame"
    ),
    "ngasp": _l("poor; bad; disappointing; below par; not good; lacking; weak; a let-down; a problem; slack; sloppy; not acceptable; unpleasant; worse than last year; terrible"),
    "mx": _l("ok; average; fine, nothing special; so-so; decent, no more; alright; hit and miss; a mixed experience; all right for the price; nothing memorable; neither good nor bad; acceptable; passable; middle of the road; ordinary; fair; standard; meh"),
    "mxend": _l("might give it another go; three stars; not in a hurry to return; fine if you are nearby; would not cross town for it; no strong feelings; it depends on the day; half a thumbs up; I am undecided; could be better, could be worse; ok for once; good in parts; fine as a stopgap; room for improvement"),
    "mxgood": _l("the staff are friendly; the location is handy; the place looks nice; the price is fair; it is clean; the {dish} was tasty; we were seated quickly; parking is easy; the view is lovely; the music is good; it is cosy; the welcome was warm; the owner is kind; booking was simple; the portions are big"),
    "mxbad": _l("the wait was long; it is pricey; the toilets were dirty; it was too loud; the {dish} was cold; they forgot our order; the chairs are hard; the menu is short; it was freezing inside; the rooms are tiny; nobody smiled; they got the bill wrong; it was packed; it smells of damp; they close early; parking is hopeless"),
    "ps": _l(
        "good; lovely; cosy; friendly; welcoming; very pleasant; good value; charming; clean and bright; well run; a safe bet; a nice find; relaxed; spotless; a real local favourite; comfortable; reliable; tasty and cheap; well kept; professional; calm; fairly priced; a good choice; efficient; better than expected; warm and homely; tidy"
    ),
    "psend": _l(
        "will be back; recommended; we enjoyed it; would go again; happy customer; we left happy; I will return {when}; nice place; a thumbs up; good experience; well worth a visit; I have already booked again; no complaints; keep it up; glad we found it; told {name} to try it; four stars; satisfied; see you next time"
    ),
    "psasp": _l("good; great; very good; lovely; first rate; spot on; excellent; a plus; pleasant; hard to fault; better than expected; top; just right; impressive"),
    "vp": _l(
        "absolutely wonderful; perfect; outstanding; the best in {city}; magical; heavenly; incredible; world class; superb; a dream; phenomenal; exceptional; flawless from start to finish; sensational; a hidden treasure; out of this world; stunning; faultless; divine; unforgettable; paradise; amazing; exquisite; fantastic"
    ),
    "vpend": _l("I can't wait to come back; five stars are not enough; best night of my life; we are in love with this place; ten out of ten; go, just go; I would fly back for this; we never wanted to leave; a huge thank you; I will tell the whole world; wow; nothing compares; unforgettable; bravo; I nearly cried with joy; my new favourite place on earth"),
    "vpasp": _l("perfect; outstanding; second to none; out of this world; flawless; incredible; superb; phenomenal; magical; the best I have ever seen; breathtaking; world class; exceptional"),
}

PLACE_REVIEWS = Family(
    name="place_reviews",
    instructions=(
        "Reviews of local places, labelled by rating.",
        "How did the guest or customer like the visit?",
        "Classify reviews of restaurants, hotels and other services by sentiment.",
        "Map comments about businesses in town and how positive they are.",
        "Guest opinions with their star level.",
        "Sort visitors' reviews by satisfaction.",
        "Sentiment of short comments about a place.",
    ),
    slots=SLOTS,
    dims={"place": ("place", "business", "venue", "kind of place"), "aspect": ("aspect", "topic", "point"), "when": ("time of visit", "when", "visited"), "company": ("company", "visited with", "party")},
    extras=(
        "we went {when} {company}",
        "I was there {when}",
        "it is near the (station|market|harbour|park|church|old town)",
        "we paid {money} (in all|for {n} people|altogether)",
        "a friend had told me about the {place}",
        "we were there {company}",
        "I found this {place} on a map",
        "the bill was {money}",
        "my (first|second|third) visit",
        "we came from {city} {company}",
        "it was {when}",
        "we had booked by (phone|email|the website)",
    ),
    concepts={
        "very_negative": Concept(
            names=("very negative", "1 star", "terrible", "very bad", "worst"),
            definitions=("an awful visit, strong anger", "one star out of five, warns everybody", "the guest is furious or disgusted"),
            lines=(
                "this {place} is {vn}",
                "{vn}, {vnend}",
                "{vnend}! this {place} is {vn}",
                "the {aspect} is {vnasp}, {vnend}",
                "{aspect} {vnasp}, {aspect2} {vnasp2}, {vnend}",
                "(worst|filthiest|rudest|most awful) {place} (in {city}|ever|I have ever been to|in the country), {vnend}",
                "went {when} {company}, it was {vn}",
                "we came {company} and (were thrown out|were insulted|got food poisoning|waited {n} hours for nothing), {vnend}",
                "{when} the {staff} (screamed at us|swore at my mother|called me an idiot|threw the bill at us|stole our deposit), {vnend}",
                "there was a (hair|cockroach|fly|piece of glass|maggot|fingernail) in the {dish}, {vnend}",
                "the {dish} was (rotten|raw and stinking|rancid|mouldy|inedible) and we were (sick|ill) for {n} days",
                "(bedbugs|mice|rats|cockroaches|mould|blood stains) in the {hpart}, {vnend}",
                "the {hpart} was (filthy|disgusting|covered in mould|crawling with insects) and the {staff} (laughed|shrugged|refused to help)",
                "the {pro} (ruined my hair|burnt my scalp|drilled the wrong tooth|wrecked my engine|left me bleeding|hurt me badly), {vnend}",
                "my {pro} (made me cry|was drunk|lied to my face|butchered the job), {vn}",
                "the garage (destroyed my gearbox|charged me {money} for nothing|returned the car with no brakes|scratched every door), crooks, {vnend}",
                "they charged {money} for this {place}? {vn}, {vnend}",
                "the gym (keeps stealing money from my account|has broken glass on the floor|is a stinking hole), {vnend}",
                "I have never been treated so (badly|cruelly|disgracefully) as in this {place} {when}",
                "{company} {when}: {vn}",
                "0 stars for this {place}, the {aspect} is {vnasp}",
                "how this {place} is still open is beyond me, {vn}",
                "they (ruined|wrecked|destroyed) our (evening|holiday|wedding day|anniversary), {vnend}",
            ),
            tails=("{vnend}", "the {aspect} was {vnasp}", "I have reported them", "I am still shaking", "they refused to refund {money}", "we left hungry and furious", "disgusting", "close it down", "I feel sick just thinking of it"),
        ),
        "negative": Concept(
            names=("negative", "2 stars", "bad", "unhappy", "disappointed", "poor"),
            definitions=("the guest is disappointed", "mostly bad impressions, two stars", "a complaint in a calm tone", "would rather not come back"),
            lines=(
                "the {place} is {ng}",
                "{ng}, {ngend}",
                "{ng} and {ng2}, {ngend}",
                "the {aspect} is {ngasp}, {ngend}",
                "{ngend}, the {aspect} was {ngasp}",
                "we went {when} {company} and were (disappointed|let down|ignored for ages|not impressed)",
                "this {place} is {ng}, {ngend}",
                "{when} we waited {n} minutes (for a table|to be served|at the desk|for the bill), {ngend}",
                "the {staff} was (rude|bored|unfriendly|grumpy|not interested|in a bad mood|on the phone all the time), {ngend}",
                "the {dish} was (bland|cold|greasy|overcooked|soggy|too salty|dry|tiny|burnt|stale|watery|straight from the freezer), {ngend}",
                "{money} for a {dish} that was (lukewarm|chewy|tasteless|the size of a coin), {ngend}",
                "the {hpart} was (dirty|tiny|dusty|noisy|out of order|smelly|worn out|freezing|dark), {ngend}",
                "could not sleep, the (walls are paper thin|street is too loud|bed squeaks|heating rattles|mattress is lumpy), {ngend}",
                "the {pro} was (in a hurry|rough|late|careless|not listening|pushy), {ngend}",
                "my (haircut|fringe|colour|treatment|filling|service) (came out uneven|was not what I asked for|took twice as long|had to be redone elsewhere), {ngend}",
                "the garage (charged more than quoted|did not fix the noise|kept the car for {n} days|forgot the oil), {ngend}",
                "half of the machines in the gym are (broken|taken|rusty) and the showers are (cold|dirty), {ngend}",
                "too (loud|crowded|expensive|dark|hot|slow|cold) for a {place}, {ngend}",
                "not worth {money}, the {place} is {ng}",
                "the {place} used to be good, now the {aspect} is {ngasp}",
                "{company}, the {aspect} was {ngasp} and nobody (cared|apologised|helped|came)",
                "they (forgot our booking|got the order wrong|lost our reservation|overcharged us|cancelled at the last minute|had run out of half the menu), {ngend}",
                "I would not choose this {place} {company} again",
                "(underwhelming|overhyped|not my place|a let-down|once and no more|nothing worked), {ngend}",
                "the photos of the {place} are (years old|misleading|nicer than the real thing), {ngend}",
            ),
            tails=("{ngend}", "the {aspect} is {ngasp} as well", "nobody said sorry", "for {money} I expect more", "we had looked forward to it", "the {place} across the road is better", "it could do with a good clean", "the {staff} did not care", "even {name} was bored"),
        ),
        "mixed": Concept(
            names=("mixed", "3 stars", "neutral", "average", "so-so", "OK"),
            definitions=("good and bad points balance", "an average visit, three stars", "neither recommends nor warns"),
            lines=(
                "the {place} is {mx}",
                "{mx}, {mxend}",
                "{mxgood}, but {mxbad}",
                "{mxbad}, but {mxgood}",
                "{mxgood}, however {mxbad}, {mxend}",
                "it's ok but {mxbad}",
                "the {aspect} is {psasp}, the {aspect2} is {ngasp}",
                "{aspect} {psasp}, {aspect2} {ngasp}, {mxend}",
                "the {aspect} could be better, but the {aspect2} is {psasp}",
                "this {place} is {mx}, {mxend}",
                "we went {when}: {mx}",
                "{when} it was (great|lovely|good), the next time {ng}",
                "fine {company}, less so (for couples|with kids|for a quiet evening|for groups|if you are in a hurry)",
                "{company} it was {mx}, {mxend}",
                "the {dish} was (delicious|tasty|good|excellent), the (dessert|starter|coffee|wine|service) was (not|poor|forgettable|so-so)",
                "the {dish} was ok, the {dish2} less so",
                "the {hpart} was (nice|clean|spacious|comfortable) but the {hpart2} was (tired|small|out of order|a letdown)",
                "the {staff} was (kind|helpful|charming), the {staff2} was (not|rude|less so|rather short with us)",
                "the {pro} is good but (always late|expensive|hard to get hold of|a bit rushed|talks too much)",
                "the haircut is fine, the (price|wait|chat|colour) less so",
                "the garage fixed it, but (took {n} days|charged {money}|left oil on the seat|never called back)",
                "the gym is well equipped but (too full {when}|the showers are cold|parking is a pain|the music is awful)",
                "for {money} this {place} is {mx}",
                "not the best {place} in {city}, not the worst either",
                "pros: {mxgood}. cons: {mxbad}",
                "nothing to complain about, nothing to rave about",
            ),
            tails=("{mxend}", "so {mx} overall", "on balance {mx}", "I can see why some like it", "maybe we came on a bad day", "the {aspect} makes up for some of it", "it has potential", "for {money} it is fair, I guess"),
        ),
        "positive": Concept(
            names=("positive", "4 stars", "good", "happy", "satisfied", "recommended"),
            definitions=("the guest liked the place", "a good visit, four stars", "calm praise, would come back"),
            lines=(
                "the {place} is {ps}",
                "{ps}, {psend}",
                "{ps} and {ps2}, {psend}",
                "(nice|good|lovely|pleasant|great little|charming) {place}, {psend}",
                "the {aspect} is {psasp}, {psend}",
                "{psend}, the {aspect} was {psasp}",
                "we went {when} {company} and (had a nice time|enjoyed it|were well looked after|felt welcome)",
                "{when} the {place} was (busy but quick|quiet and relaxed|just right|warm and lively), {psend}",
                "the {staff} was (friendly|helpful|attentive|kind|patient|cheerful|polite|good with the kids), {psend}",
                "the {dish} was (tasty|fresh|delicious|well seasoned|crispy|generous|creamy|cooked just right|hot and filling), {psend}",
                "good {dish}, good {dish2}, fair prices, {psend}",
                "the {hpart} was (clean|comfy|spacious|quiet|modern|spotless|bright|better than in the photos), {psend}",
                "slept well, the {hpart} is {psasp}, {psend}",
                "the {pro} was (gentle|careful|skilled|honest|patient|friendly|quick|good at explaining), {psend}",
                "(my cut is just what I wanted|no pain at all|the colour came out nicely|my back feels better|my teeth feel clean), {psend}",
                "the garage (fixed the brakes the same day|charged less than quoted|was honest about what it needs|washed the car too), {psend}",
                "the gym is (clean|well equipped|never too full|friendly to beginners), {psend}",
                "a {place} I like to visit {company}",
                "{company} it was {ps}, {psend}",
                "worth {money}, the {place} is {ps}",
                "we got a table at once and the {aspect} was {psasp}",
                "my regular {place} for years, (never let me down|always reliable|always a smile), {psend}",
                "(good stuff|a nice find|all good|very pleased|no complaints|happy with everything), {psend}",
                "they (remembered our names|found us a table without booking|gave the kids crayons|let us check in early|offered free water), {psend}",
            ),
            tails=("{psend}", "the {aspect} was {psasp} too", "fair prices", "the {staff} even (helped with the bags|gave us a map|offered a free coffee)", "we stayed longer than planned", "{name} liked it as well", "easy to find", "a nice spot {company}"),
        ),
        "very_positive": Concept(
            names=("very positive", "5 stars", "excellent", "outstanding", "amazing", "love it"),
            definitions=("the guest is thrilled", "five stars, superlatives", "enthusiastic praise without any criticism"),
            lines=(
                "this {place} is {vp}",
                "{vp}! {vpend}",
                "{vpend}, this {place} is {vp}",
                "the {aspect} is {vpasp}, {vpend}",
                "{aspect} {vpasp}, {aspect2} {vpasp2}, {vpend}",
                "(best|most beautiful|loveliest|most amazing) {place} (ever|in {city}|in the whole country|I have ever been to), {vpend}",
                "we went {when} {company}, it was {vp}",
                "{when}: {vp}, {vpend}",
                "{company} it was {vp}, {vpend}",
                "the {staff} (went above and beyond|treated us like royalty|is an angel|made our day|deserves a medal), {vpend}",
                "the {dish} is {vp}, (I dream about it|I licked the plate|every bite a revelation|I would sell my car for it)",
                "best {dish} of my life, {vpend}",
                "the {hpart} is {vp}, (we felt like royalty|I could live here|the sunrise made us speechless)",
                "the {pro} is a genius, (I have never looked better|I had zero pain and zero fear|my life has changed|I trust nobody else), {vpend}",
                "my hair has never looked so gorgeous, the {pro} is {vp}",
                "the garage saved our holiday, fixed everything in an hour for {money}, {vp}",
                "the gym changed my life, the {pro} is {vp}",
                "I would pay {money} twice, the {place} is {vp}",
                "flawless {aspect}, flawless {aspect2}, {vpend}",
                "I have been to hundreds and no {place} comes close, {vp}",
                "a million thanks to the {staff}, our visit {when} was {vp}",
                "I (adore|love love love|am head over heels for) this {place}, {vpend}",
                "everything was (perfect|magical|sublime|breathtaking), truly everything, {vpend}",
            ),
            tails=("{vpend}", "the {aspect} was {vpasp}", "we are still talking about it", "we booked the next visit on the spot", "I have no words", "worth every cent of {money}", "the {staff} is a star", "perfection"),
        ),
    },
    fields=(("text",), ("review",), ("comment",)),
)

FAMILIES = (PLACE_REVIEWS,)
