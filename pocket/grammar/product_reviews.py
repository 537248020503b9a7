"""Reviews of bought products on five levels of satisfaction."""

from pocket.grammar.kit import Concept, Family, Lexicon


def _l(text: str) -> Lexicon:
    return tuple(part.strip() for part in text.split(";") if part.strip())


SLOTS = {
    "product": _l(
        "wireless earbuds case; pair of headphones; bluetooth speaker; tablet; laptop stand; phone charger; power bank; smart watch; webcam; keyboard; gaming mouse; printer; e-reader; security camera;"
        "kettle; toaster; air fryer; blender; frying pan; coffee machine; rice cooker; chopping board; knife set; food processor; water bottle; lunch box; microwave; waffle maker; salad spinner;"
        "raincoat; pair of jeans; winter jacket; wool sweater; dress; pair of sandals; hoodie; pair of boots; scarf; backpack; belt; pair of socks; swimsuit; nightgown;"
        "wooden train; doll house; jigsaw puzzle; board game; remote control car; building kit; stuffed bear; play tent; marble run; craft kit;"
        "cordless drill; socket set; ladder; screwdriver set; hand saw; tape measure; torch; workbench; glue gun; pressure washer;"
        "face cream; shampoo; hair dryer; electric razor; lipstick; perfume; nail kit; body lotion; curling iron; electric toothbrush;"
        "garden hose; lawn mower; hedge trimmer; watering can; parasol; greenhouse; bird feeder; wheelbarrow; barbecue;"
        "dog bed; cat tree; litter tray; dog lead; fish tank filter; cat fountain; chew toy; pet carrier;"
        "yoga mat; exercise bike; tennis racket; bike helmet; sleeping bag; camping stove; football; set of dumbbells; swimming mask; two-man tent;"
        "office chair; bookcase; bed frame; sofa; coffee table; mattress; desk lamp; shoe rack; rug; bar stool; wardrobe; curtain set; pillow; duvet;"
        "pushchair; high chair; baby monitor; bottle warmer; car seat; changing mat; cot; baby carrier; vacuum cleaner; fan heater; umbrella; suitcase; alarm clock; notebook; fountain pen; picture frame; candle"
    ),
    "gadget": _l(
        "headset; speaker; tablet; phone; laptop; router; smart watch; camera; e-reader; projector; drone; monitor; robot vacuum; doorbell camera; fitness tracker; power bank; game controller; radio; printer; TV"
    ),
    "gpart": _l("battery; screen; sound; microphone; charging port; bluetooth connection; touch screen; app; volume; picture; remote; fan; wifi; camera; power button; cable; software; display; bass; keypad"),
    "garment": _l("T-shirt; blouse; dress; jacket; hoodie; sweater; skirt; raincoat; pair of trousers; cardigan; bra; shirt; coat; pair of leggings; pair of trainers; pyjama set; hat; swimsuit; suit; polo shirt"),
    "gpiece": _l("fabric; zip; stitching; colour; lining; cut; collar; sleeve length; waistband; seam; button; print; elastic; hem; material; pocket; sole"),
    "kitchen": _l("frying pan; kettle; blender; toaster; air fryer; coffee machine; knife; casserole dish; mixer; thermos; juicer; pressure cooker; baking tin; grater; wok; slow cooker; dish rack; espresso pot"),
    "kpart": _l("lid; handle; coating; blade; switch; timer; spout; base; drip tray; seal; jug; basket; rim; cord; heating element"),
    "toy": _l("puzzle; doll; train set; toy car; robot; play kitchen; board game; plush rabbit; building set; scooter; kite; drawing board; water gun; slime kit; science kit; toy piano; pop-up tent"),
    "tool": _l("drill; hand saw; sander; hammer; socket set; ladder; multi-tool; pressure washer; nail gun; wrench; chainsaw; hedge trimmer; lawn mower; pump; spade; strimmer; staple gun; vice; soldering iron"),
    "lotion": _l("face cream; shampoo; serum; mascara; sunscreen; perfume; hand soap; hair mask; foundation; deodorant; lip balm; body lotion; nail polish; bath oil; conditioner; aftershave; hair dye; cleanser"),
    "petthing": _l("dog bed; cat tree; harness; scratching post; litter box; feeding bowl; chew toy; pet gate; cat flap; hamster wheel; bird cage; dog coat; flea collar; grooming brush; fish tank"),
    "pet": _l("dog; cat; puppy; kitten; old labrador; terrier; rabbit; two cats; hamster; spaniel; parrot"),
    "furniture": _l("bookcase; desk; sofa; bed frame; wardrobe; chair; dining table; TV stand; shoe cabinet; mattress; bar stool; chest of drawers; garden bench; bunk bed; shelf; mirror; armchair"),
    "sport": _l("tent; yoga mat; bike helmet; racket; treadmill; rowing machine; sleeping bag; pair of goggles; fishing rod; skipping rope; pair of running shoes; kayak; hiking rucksack; pull-up bar; skateboard; ball"),
    "babything": _l("pushchair; car seat; cot; high chair; baby monitor; bottle set; baby bath; changing bag; sling; playpen; night light; teething ring; bouncer; stair gate; breast pump"),
    "aspect": _l(
        "price; quality; packaging; size; design; colour; finish; build quality; material; weight; smell; delivery; customer service; instruction booklet; assembly; durability; look; feel; performance;"
        "value for money; description on the website; shape; warranty; workmanship; after-sales support; texture; comfort; noise level; capacity; style"
    ),
    "person": _l(
        "my daughter; my son; my husband; my wife; my mother; my dad; my sister; my brother; my boyfriend; my girlfriend; my grandson; my niece; my neighbour; my best friend; my flatmate; a colleague; my aunt;"
        "my granddad; my partner; my teenage son; my toddler; my mother-in-law; my uncle; {name}"
    ),
    "owned": _l(
        "two days; three days; four days; a week; ten days; two weeks; three weeks; a month; six weeks; two months; three months; four months; half a year; nine months; a year; a year and a half; two years; one weekend; a summer; one winter"
    ),
    "use": _l("for the kitchen; for work; for travelling; for my new flat; for a birthday; for the holidays; as a gift; for camping; for the office; for everyday use; for the guest room; for the school run; as a replacement; for the weekend"),
    # very negative
    "vn": _l(
        "utter rubbish; total junk; absolute garbage; complete trash; totally worthless; completely useless; a disgrace; dreadful; appalling; atrocious; abysmal; horrendous; horrible; a scam; a total rip-off;"
        "a complete waste of money; an insult to the buyer; downright dangerous; pathetic; shameful; beyond terrible; the worst thing I ever bought; landfill; a sick joke; shockingly bad; disgusting; vile; a nightmare;"
        "outrageous; awful in every way; unfit for sale; a fraud; an absolute disaster; revolting; the most awful thing I have owned; laughably bad; a piece of crap; hopeless from start to finish; a death trap; an embarrassment"
    ),
    "vnasp": _l(
        "appalling; an absolute joke; atrocious; disgraceful; horrendous; non-existent; shocking; abysmal; dreadful; disgusting; laughable; the worst I have ever seen; beyond awful; criminal; inexcusable; pathetic; a disaster; insulting"
    ),
    "vnfail": _l(
        "fell apart in my hands; arrived smashed to pieces; was dead on arrival; never worked, not even once; collapsed on day one; was ruined within an hour; turned out to be a cheap fake; came filthy and clearly used; went straight in the bin;"
        "stank so badly that I threw it out; broke the very first time I touched it; came with half of it missing; hurt {person}; was covered in mould; ended up in the skip the same night; failed completely"
    ),
    "vnend": _l(
        "never again; avoid at all costs; do not buy this; stay away; save your money; I want every cent back; zero stars if I could; I am furious; run a mile; I have reported the seller; burn your money instead, it is quicker; shame on the maker;"
        "one star is one too many; this should be banned; I feel robbed; I am disgusted; steer well clear; what a con; this company belongs in court; I hate it"
    ),
    # negative
    "ng": _l(
        "disappointing; flimsy; cheaply made; badly made; not worth the money; poor; a let-down; overpriced; too fragile; not as described; not as advertised; far too small; uncomfortable; clumsy; annoying to use; shoddy; below par; mediocre at best;"
        "underwhelming; impractical; a poor copy of the original; fiddly; frustrating; tacky; nothing like the picture; not fit for daily use; badly designed; unreliable; inferior to my old one; a pain to clean; wobbly; thin and cheap; dull; not up to the job;"
        "weaker than expected; overrated; a mistake; awkward; a bit of a dud; not built to last; too noisy; crude; unimpressive; a regret"
    ),
    "ngasp": _l(
        "poor; disappointing; not good; bad; lacking; a let-down; below average; weak; not what I hoped for; well below expectations; rather shabby; off; not up to standard; sloppy; a problem; nothing like promised; unacceptable for {money}; unimpressive; terrible; worse than I thought"
    ),
    "ngfail": _l(
        "broke after {owned}; stopped working after {owned}; already looks worn after {owned}; fell to bits after {owned}; came scratched; arrived late and dented; came with parts missing; started to squeak; started to leak; lost its shape; faded quickly;"
        "cracked near the edge; came loose; did not survive {owned}; wore out in {owned}; gave up after {owned}; started to rust; began to smell odd; did not fit; was smaller than stated; arrived in the wrong colour; left marks everywhere; peeled within {owned}"
    ),
    "ngend": _l(
        "would not buy again; I sent it back; I expected better; not recommended; I regret buying it; look elsewhere; going back to my old one; it is now gathering dust; I asked for a refund; not happy; you get what you pay for, sadly; I would not recommend it;"
        "save up for a better one; a shame really; I am returning it; had high hopes, but no; buyer beware; I won't order here again; lesson learnt; the reviews misled me; think twice; it ended up in a drawer; two stars from me"
    ),
    # mixed
    "mx": _l(
        "ok; okay; average; fine, nothing more; so-so; decent but nothing special; acceptable; all right for the price; middling; neither good nor bad; passable; a mixed bag; adequate; fair; not bad, not great; just about ok; alright; reasonable; a compromise;"
        "pretty standard; nothing to write home about; as expected; good enough; run of the mill; basic; usable; ordinary; a bit hit and miss; half good, half bad; tolerable; meh"
    ),
    "mxgood": _l(
        "it looks nice; it does the job; it works; the price is fair; it is light; it arrived quickly; the colour is lovely; it is easy to clean; it is sturdy; it feels solid; setup was simple; it is comfortable; the idea is clever; it is quiet;"
        "the design is pretty; the material is soft; the size is right; it was well packed; the seller was helpful; it smells pleasant; assembly was quick; {person} likes it"
    ),
    "mxbad": _l(
        "it feels a bit cheap; the instructions are confusing; it is smaller than I thought; the smell takes days to go; it scratches easily; delivery took ages; it is rather heavy; it is noisy; the finish is rough in places; the price is too high;"
        "one screw was missing; the colour is slightly off; it wobbles a little; it is awkward to store; it is hard to clean; the packaging was torn; I doubt it will last; the edges are sharp; it runs small; customer service never answered; it takes too long;"
        "{person} finds it uncomfortable"
    ),
    "mxend": _l(
        "three stars; I might keep it, I might not; I am in two minds; you could do worse, you could do better; jury is still out; no strong feelings either way; it will do for now; wait for a sale; can't complain, can't rave; it has its pros and cons;"
        "not sure I would buy it again; fine as a spare; depends on what you need it for; an even split of good and bad; there is room for improvement; ask me again in a year; swings and roundabouts; take it or leave it; I neither love it nor hate it"
    ),
    # positive
    "ps": _l(
        "good; very good; solid; well made; sturdy; handy; practical; comfortable; good value; great value for money; reliable; pretty; just as described; easy to use; nice and light; a good buy; a bargain; well designed; neat; stylish; useful every day; smart; lovely;"
        "exactly what I needed; better than expected; worth the money; pleasantly quiet; durable; soft and warm; compact; easy to clean; a pleasure to use; good quality; robust; simple and effective; cute; a nice surprise; well thought out; top notch; generous in size; spot on; a safe choice"
    ),
    "psasp": _l(
        "good; very good; great; nice; spot on; better than expected; first class; really pleasing; lovely; just right; impressive; as promised; a pleasant surprise; well above average; hard to fault; satisfying; excellent for {money}; a big plus; what won me over; top"
    ),
    "psdo": _l(
        "works well; does what it says; does the job nicely; still looks new after {owned}; has held up well for {owned}; works like a charm; saves me a lot of time; came well packed; arrived early; fits nicely; feels solid; was easy to set up; runs smoothly;"
        "makes life easier; looks smart; gets used every day; performs well; is going strong after {owned}; turned out better than the photos; was a hit with {person}; cleaned up easily; went together in minutes; matches the description; beats my old one"
    ),
    "psend": _l(
        "would buy again; happy with it; recommended; I am pleased; no complaints; very satisfied; glad I bought it; good job; a happy customer; I would recommend it; thumbs up; money well spent; can't fault it; I have ordered another one; well worth it; four stars;"
        "already told {person} to get one; I will shop here again; does the trick; delighted with the purchase; nothing to criticise; it was a good decision; so far so good, really; keep it up"
    ),
    # very positive
    "vp": _l(
        "absolutely brilliant; perfect; flawless; outstanding; amazing; incredible; the best I have ever owned; a dream; phenomenal; superb; fantastic; stunning; a game changer; life-changing; magnificent; second to none; beyond perfect; sensational; a masterpiece;"
        "pure joy; simply the best; wonderful in every way; exceptional; out of this world; genius; a must-have; my favourite thing in the house; worth every single penny and more; gorgeous; unbeatable; a total winner; divine; spectacular; a little miracle; mind-blowing; faultless; awesome"
    ),
    "vpasp": _l("perfect; outstanding; incredible; flawless; out of this world; superb; second to none; phenomenal; unbelievable for {money}; simply amazing; the best I have ever seen; breathtaking; exceptional; world class; stunning; beyond praise; faultless"),
    "vpdo": _l(
        "blew me away; exceeded all my expectations; changed my life; is worth twice the price; makes me smile every day; has been flawless for {owned}; made {person} cry with joy; works absolutely perfectly; is the best money I ever spent; puts every rival to shame;"
        "stunned everyone; has not let me down once in {owned}; still amazes me after {owned}; never leaves my side; deserves ten stars; is miles better than anything I tried before; won over even {person}"
    ),
    "vpend": _l(
        "I am in love; buy it now, you will thank me; five stars and then some; I can't live without it; I have bought three more; best purchase of the year; I could not be happier; hats off to the makers; wow, just wow; ten out of ten; I am obsessed; I want to marry it;"
        "don't hesitate for a second; I rave about it to everyone; over the moon; run, don't walk; everybody needs one; thank you, thank you, thank you; I will never use another brand; chef's kiss"
    ),
}

PRODUCT_REVIEWS = Family(
    name="product_reviews",
    instructions=(
        "Reviews from a web shop, labelled by how satisfied the buyer is.",
        "Classify product reviews by sentiment.",
        "Customer opinions about things they bought; the label is the rating.",
        "How happy is the customer with the product?",
        "Sort the reviews of an online store from worst to best.",
        "Sentiment of short buyer comments.",
        "Shop feedback with the tone of each review.",
        "Guess the star rating from the review text.",
    ),
    slots=SLOTS,
    dims={
        "product": ("product", "item", "article", "what was bought"),
        "aspect": ("aspect", "feature", "topic"),
        "person": ("recipient", "bought for", "person"),
        "owned": ("time owned", "used for", "how long", "period"),
    },
    extras=(
        "bought {use}",
        "I ordered the {product} in {month}",
        "paid {money} for it",
        "it was for {person}",
        "I have had it for {owned} now",
        "ordered it online {date}",
        "I bought the (black|blue|grey|red|white|green|large|small) (one|version)",
        "it replaces a {product} that I had for years",
        "this is my (first|second|third) {product} [from this brand]",
        "(got it|picked it up) in the {month} sale",
        "I read about {n} reviews before I chose it",
        "my review after {owned}",
    ),
    concepts={
        "very_negative": Concept(
            names=("very negative", "1 star", "terrible", "one star", "very bad", "furious"),
            definitions=("the buyer hates the product and warns others", "extremely unhappy, one star out of five", "strong anger or disgust about the purchase", "the worst rating"),
            lines=(
                "this {product} is {vn}",
                "this {product} {vnfail}, {vnend}",
                "{vnend}! the {product} {vnfail}",
                "{vn}. {vnend}",
                "the {aspect} is {vnasp} and the {product} is {vn}",
                "{aspect}: {vnasp}. {vnend}",
                "(worst|most awful|most useless|most dreadful) {product} (ever|I have ever seen|in my whole life|on the market), {vnend}",
                "I bought this {product} for {person} and it {vnfail}",
                "{person} opened the box and it {vnfail}, {vnend}",
                "{money} for this? it is {vn}, {vnend}",
                "the {product} {vnfail} and the seller (refused any refund|laughed at me|blocked my number|ignored {n} emails|called me a liar)",
                "after {owned} this {product} (caught fire|exploded|was completely dead|fell to dust|was beyond saving) [and {person} could have been hurt]",
                "{owned} and it was (dead|in the bin|in pieces|finished), {vn}",
                "the {gadget} is {vn}, the {gpart} (died within an hour|never worked at all|burnt my fingers|started smoking|is a bad joke)",
                "the {garment} is {vn}, the {gpiece} (ripped the moment I put it on|came apart in the first wash|gave me a horrible rash|stinks of chemicals)",
                "the {kitchen} is {vn}, the {kpart} (melted on day one|flew off and cut {person}|poisoned my food with plastic bits|shattered in my hand)",
                "this {lotion} (burnt my skin|gave me a hideous rash|smells like sewage|ruined my hair|made my eyes swell shut), {vnend}",
                "the {toy} is dangerous, my (son|daughter|toddler) (choked on a loose part|cut a finger on it|cried for hours when it snapped), {vnend}",
                "the {tool} is {vn}, it (nearly took my hand off|snapped on the first job|sparked and died|exploded in my face)",
                "the {furniture} collapsed (under me|on {person}|during dinner|the first night), {vn}",
                "the {petthing} nearly (strangled|injured|poisoned) my {pet}, {vnend}",
                "this {babything} is a hazard, it (tipped over with the baby in it|broke while in use|got burning hot), {vnend}",
                "the {sport} is {vn}, it (tore the first night|broke in my first session|left me bleeding)",
                "I have never been so (angry|disgusted|furious|cheated) over a {product}, {vnend}",
                "(horrible|dreadful|vile|appalling|awful) {aspect}, (horrible|dreadful|vile|rotten|shocking) {product}, {vnend}",
                "customer service hung up on me {n} times, the {product} still (doesn't work at all|lies here in pieces), {vnend}",
                "0/10, {vn}",
                "if I could give minus {n} stars I would, the {product} {vnfail}",
            ),
            tails=(
                "{vnend}", "I want my {money} back now", "the {aspect} alone is {vnasp}", "how is it legal to sell this?", "my lawyer will be in touch", "I am still shaking with rage",
                "worst shop ever", "I wouldn't wish it on my worst enemy", "they should be ashamed of themselves", "{person} was in tears", "nobody should have to put up with this",
            ),
        ),
        "negative": Concept(
            names=("negative", "2 stars", "bad", "unhappy", "dissatisfied", "complaint"),
            definitions=("the buyer is disappointed", "mostly unhappy with the purchase, two stars", "a poor rating without extreme anger", "complains about a weakness of the product"),
            lines=(
                "the {product} is {ng}",
                "{ng}, {ngend}",
                "sadly the {product} {ngfail}",
                "the {aspect} is {ngasp}, {ngend}",
                "{ngend}, the {aspect} is {ngasp}",
                "I bought this {product} for {person} and (we were both disappointed|it is {ng}|it {ngfail})",
                "{person} (was not impressed|finds it {ng}|stopped using it|asked me to take it back) [, the {aspect} is {ngasp}]",
                "it {ngfail}, {ngend}",
                "after {owned} I (regret|am tired of|no longer trust|gave away) this {product}, it is {ng}",
                "only {owned} old and the {product} already (creaks|leaks|sags|rattles|looks shabby|needs repair|stopped working|lets me down)",
                "not (impressed|convinced|happy|satisfied|pleased) with this {product}, {ng} and {ng2}",
                "for {money} I expected (more|better quality|something that lasts|a lot more), the {product} is {ng}",
                "the {aspect} let it down",
                "too (expensive|flimsy|heavy|loud|thin|stiff|small|bulky|complicated|slow|stiff|weak) for a {product}, {ngend}",
                "(disappointed|let down|underwhelmed|unhappy|frustrated) by the {aspect} of this {product}",
                "I wanted to like this {product} but it is {ng}",
                "the {gpart} of the {gadget} (keeps cutting out|is weak|is too dim|lags|drains in {n} hours|crackles|freezes|disconnects all the time|takes forever), {ngend}",
                "the {gadget} is {ng}, (it overheats|it lags|it won't pair|the {gpart} gave out|it restarts by itself)",
                "the {gpiece} of the {garment} (frayed|came undone|is scratchy|faded|is crooked|pilled) after (one wash|two washes|{owned}), {ngend}",
                "the {garment} (runs small|runs large|shrank|itches|is see-through|bobbled|rides up|pinches|makes me sweat|lost its shape), {ngend}",
                "the {kpart} of the {kitchen} (is loose|rusts|drips|chips|gets too hot to touch|sticks|does not close properly), {ngend}",
                "everything sticks to this {kitchen}, {ng}",
                "the {toy} (bored {person} after ten minutes|lost a wheel|is missing pieces|does not stay together|needs batteries that are not included|looks nothing like the box), {ngend}",
                "the {tool} (lacks power|slips|went blunt|overheats|jams|is badly balanced|stalls|feels like plastic), {ngend}",
                "the {lotion} (left my skin greasy|dried out my hair|smells artificial|did nothing for me|clumps|stings a bit|leaks in the bag|is too runny), {ngend}",
                "my {pet} (ignored|chewed through|refused to use|destroyed|was scared of) the {petthing}, {ngend}",
                "the {furniture} (wobbles|is scratched|sags in the middle|does not line up|creaks|smells of glue|has holes drilled in the wrong place), {ngend}",
                "the {sport} (lost air|tore at the seam|slips|is not waterproof|rubs and gives blisters|bends too easily), {ngend}",
                "the {babything} is {ng}, (the straps are twisted|hard to fold|the wheels jam|it is impossible to clean|the clip keeps opening)",
                "customer service (did not reply|was rude|kept me waiting {n} days|sent a standard answer|blamed me), and the {product} is {ng}",
                "the instructions are (useless|unreadable|a mess|missing|only in one language) and the {product} is {ng}",
                "arrived (late|damaged|dirty|incomplete|scratched|dented), {ngend}",
                "my old {product} was (much better|far better|sturdier|quieter|nicer), {ngend}",
                "the photos make the {product} look (bigger|nicer|better|more solid) than it is, {ng}",
                "(don't bother|not for me|returned it|could be much better|no thanks|waste of space|not worth it|poor show|pity)",
                "would not give this {product} to {person}, {ng}",
            ),
            tails=(
                "{ngend}", "the {aspect} is {ngasp} too", "I had hoped for more", "{person} told me so", "now I have to find another {product}", "returning it costs me {money} as well", "it feels like a cheap copy",
                "my last one held for years", "I expected more from this brand", "on top of that it {ngfail}", "no idea where the good reviews come from", "it is {ng}", "it has been a nuisance",
            ),
        ),
        "mixed": Concept(
            names=("mixed", "3 stars", "neutral", "so-so", "average", "mixed feelings"),
            definitions=("some good and some bad points", "neither happy nor unhappy, three stars", "lukewarm: it is ok, nothing more", "praise and criticism in one review"),
            lines=(
                "the {product} is {mx}",
                "{mx}",
                "{mxgood}, but {mxbad}",
                "{mxbad}, but {mxgood}",
                "{mxgood}. on the other hand {mxbad}",
                "{mxgood}, although {mxbad}, so {mxend}",
                "it's ok but {mxbad}",
                "{mxend}: {mxgood}, {mxbad}",
                "the {product} is {mx}, {mxend}",
                "pros: {mxgood}. cons: {mxbad}",
                "(plus|good|likes): {mxgood}; (minus|bad|dislikes): {mxbad}",
                "the {aspect} is {psasp}, the {aspect2} is {ngasp}",
                "the {aspect} is {ngasp} but the {aspect2} is {psasp}",
                "the {aspect} is (ok|fine|average|nothing special|as you would expect|acceptable), {mxend}",
                "{aspect} {psasp}, {aspect2} {ngasp}, {mxend}",
                "I like the {aspect} of this {product}, not the {aspect2}",
                "love the {aspect}, hate the {aspect2}",
                "{person} likes this {product}, I don't [, {mxend}]",
                "{person} is happy with it, I find it {ng}",
                "bought for {person}, who thinks it is {mx}",
                "after {owned} I still (don't know what to think of|have mixed feelings about|can't decide on) this {product}",
                "used this {product} for {owned}: {mx}, {mxend}",
                "good for {owned}, then (it got worse|the {aspect} went downhill|small problems began|not so good any more)",
                "for {money} this {product} is {mx}",
                "not the (best|greatest|finest|prettiest) {product}, not the worst (either|one), {mxend}",
                "as a {product} it is {mx}, {mxend}",
                "(half|part) of me wants to keep this {product}, (half|part) of me wants to send it back",
                "it {psdo}, but {mxbad}",
                "it {psdo}, though the {aspect} is {ngasp}",
                "(nice|good|clever|pretty) {product}, (pity about|shame about|let down by|spoiled by) the {aspect}",
                "the {gpart} of the {gadget} is (great|good|sharp|crisp|decent), the {gpart2} is (not|so-so|poor|a bit weak|disappointing)",
                "the {garment} looks (nice|smart|lovely) but the {gpiece} is (thin|a bit rough|poor|scratchy|not as pictured)",
                "the {kitchen} heats (fine|well enough|quickly) but the {kpart} is (flimsy|hard to clean|a bit loose|annoying)",
                "the {lotion} (smells lovely|feels soft) but (does little|is gone in {owned}|is overpriced|leaves a film|did not do what it promised)",
                "the {toy} is fun for (ten minutes|an afternoon|a while), after that it (gets boring|lies in a corner|loses its charm)",
                "the {tool} is (fine|ok|good enough) for small jobs, (too weak|not made|no good) for anything bigger",
                "my {pet} (uses|likes) the {petthing} (now and then|some days), (ignores it otherwise|other days not at all)",
                "the {furniture} looks good once built, but building it took {n} hours and {mxbad}",
                "the {babything} is (practical|safe|light) at home, (too bulky|hard work|awkward) for travel",
                "the {sport} is (fine|alright|ok) for beginners, (others|experienced people|serious users) should (look further|spend more)",
                "first one came faulty, the replacement {product} is (fine|ok|working so far), {mxend}",
                "does what it should, (no more, no less|nothing else|end of story|without any charm)",
                "(hm|well|hmm|erm), {mx}, {mxend}",
            ),
            tails=(
                "{mxend}", "so {mx} overall", "on balance it is {mx}", "good points and bad points even out", "I would give it half marks", "for {money} it is fair, I suppose", "{person} disagrees with me",
                "you get about what you pay for", "some will love it, some won't", "the {aspect} could be better, the rest is fine", "I will keep it for lack of a better one",
            ),
        ),
        "positive": Concept(
            names=("positive", "4 stars", "good", "happy", "satisfied", "praise"),
            definitions=("the buyer is happy with the product", "a good rating, four stars, calm praise", "satisfied and would recommend it", "says good things about the purchase"),
            lines=(
                "the {product} is {ps}",
                "{ps}, {psend}",
                "{ps} and {ps2}, {psend}",
                "the {product} {psdo}",
                "it {psdo}, {psend}",
                "the {aspect} is {psasp}, {psend}",
                "{psend}, the {aspect} is {psasp}",
                "(nice|good|lovely|great|solid|handy|smart) {product}, {psend}",
                "I bought this {product} for {person}, (who loves it|who is very pleased|and it {psdo}|who uses it every day|and it was well received)",
                "{person} (is happy with|enjoys|really likes|keeps praising|is pleased with|asked where I got) this {product}",
                "after {owned} I am still (happy|pleased|satisfied|impressed) with this {product}",
                "{owned} of daily use and the {product} (still looks new|works as it should|shows no wear|runs without trouble|has not failed)",
                "used it for {owned}, {ps}, {psend}",
                "for {money} you get a {product} that is {ps}",
                "(impressed|pleased|happy|satisfied|content|delighted) with the {aspect} [of this {product}]",
                "(worth|well worth) the {money}, the {product} is {ps}",
                "I was (sceptical|doubtful|not sure) at first, but this {product} is {ps}",
                "much (better|quieter|lighter|sturdier|nicer|easier to use) than my old {product}, {psend}",
                "the {gpart} of the {gadget} is (clear|crisp|strong|sharp|fast|loud enough|bright|responsive|steady), {psend}",
                "the {gadget} (paired in seconds|charges fast|lasts {n} hours on one charge|is quick and easy to set up|sounds rich and warm), {psend}",
                "the {garment} (fits like a glove|is soft and warm|washes well|is true to size|keeps its colour|hangs nicely|gets me compliments), {psend}",
                "the {gpiece} of the {garment} is (soft|neat|strong|lovely|well done|sturdy), {psend}",
                "the {kitchen} (heats evenly|cleans easily|boils in no time|makes crispy chips|cuts like butter|is a joy to cook with|keeps drinks hot all day), {psend}",
                "the {kpart} of the {kitchen} is (solid|easy to clean|tight|well made|sharp|sturdy), {psend}",
                "the {toy} keeps {person} (busy for hours|entertained|quiet on long drives|giggling|learning), {psend}",
                "the {tool} (has plenty of power|cuts cleanly|sits well in the hand|made short work of the job|is light but strong|starts first time), {psend}",
                "the {lotion} (leaves my skin soft|smells fresh|is gentle|absorbs quickly|lasts all day|makes my hair shine|cleared up my dry patches), {psend}",
                "my {pet} (took to|loves|sleeps soundly in|is calmer with|plays all day with) the {petthing}, {psend}",
                "the {furniture} (went together easily|is sturdy|looks expensive|fits the room nicely|is comfy|feels solid), {psend}",
                "the {sport} (is light and tough|kept me dry|grips well|gives good support|packs down small|feels just right), {psend}",
                "the {babything} (folds easily|is easy to wash|keeps the baby snug|glides over kerbs|gives us peaceful nights|made our life easier), {psend}",
                "fast delivery, (good packaging|well packed|fair price|friendly seller), {ps} {product}",
                "customer service (was helpful|answered within the hour|was friendly|sent a spare part free of charge|sorted it at once), and the {product} is {ps}",
                "the instructions are clear and the {product} {psdo}",
                "(does the job|good stuff|nice one|works a treat|very pleased|good value|love it|so handy|would buy again|no regrets)",
                "a {product} that {psdo}, what more do you want",
                "even {person} (admits|had to admit|says) that it is {ps}",
                "ordered a second {product} for {person}, that says it all",
                "looks {n} times more expensive than it is, {psend}",
            ),
            tails=(
                "{psend}", "the {aspect} is {psasp} too", "it {psdo}", "{person} wants one as well", "I would give it to a friend", "it is {ps}", "I use it nearly every day", "for {money} you can't go wrong", "exactly as in the photos",
                "I am happy I chose this one", "already recommended it at work", "it has become part of my routine",
            ),
        ),
        "very_positive": Concept(
            names=("very positive", "5 stars", "excellent", "five stars", "enthusiastic", "love it"),
            definitions=("the buyer is thrilled and cannot praise it enough", "extremely happy, five stars out of five", "superlatives and strong enthusiasm", "the top rating"),
            lines=(
                "this {product} is {vp}",
                "{vp}! {vpend}",
                "this {product} {vpdo}",
                "the {product} {vpdo}, {vpend}",
                "{vpend}, this {product} is {vp}",
                "the {aspect} is {vpasp}, {vpend}",
                "{aspect} {vpasp}, {aspect2} {vpasp2}, {vpend}",
                "(best|most beautiful|most brilliant|greatest|finest) {product} (ever|on the planet|I have ever owned|in the world|money can buy), {vpend}",
                "I bought it for {person}, it {vpdo}",
                "{person} (screamed with joy|is absolutely smitten|won't stop raving|hugged me for this|calls it {vp}), {vpend}",
                "after {owned} I love this {product} more every day, {vpend}",
                "{owned} in and this {product} is still {vp}",
                "wow, the {aspect} is {vpasp}, it {vpdo}",
                "for {money} this {product} is {vp}",
                "I would pay {money} twice for this {product}, it is {vp}",
                "where has this {product} been all my life? {vp}",
                "I (adore|worship|love love love|am crazy about|am obsessed with) this {product}, {vpend}",
                "the {gadget} is {vp}, the {gpart} is (unreal|breathtaking|insanely good|crystal clear|the best on earth)",
                "the {garment} is {vp}, I felt like a (queen|king|film star|million dollars) in it, {vpend}",
                "the {kitchen} is {vp}, (my family begs for more|I threw out every other one|I cook like a chef now|every meal is a triumph)",
                "this {lotion} is {vp}, my skin (glows|has never looked so radiant|looks ten years younger), {vpend}",
                "the {toy} is {vp}, the kids (shrieked with delight|have not put it down since|named it gift of the year)",
                "the {tool} is a beast, {vp}, it (goes through anything|did a week of work in a day|eats hardwood for breakfast)",
                "the {furniture} is {vp}, it (transformed the whole room|is like sleeping on a cloud|draws gasps from every guest)",
                "my {pet} (worships|is madly in love with|will not leave|guards) the {petthing}, {vpend}",
                "this {babything} saved our sanity, {vp}, {vpend}",
                "the {sport} is {vp}, I (broke my record|slept like a baby at minus {n}|have never felt so good)",
                "customer service went above and beyond and the {product} is {vp}",
                "not one single flaw in {owned}, {vp}, {vpend}",
                "used every day for {owned}: {vp}",
                "{person} and I fight over this {product}, it is {vp}",
                "best present {person} ever got, {vpend}",
                "10/10, {vp}, {vpend}",
                "a million stars for this {product}, {vpend}",
            ),
            tails=(
                "{vpend}", "the {aspect} is {vpasp}", "it {vpdo}", "I tell strangers about it", "give the designer a medal", "{person} is over the moon too", "I can't find a single fault", "best {money} I ever spent", "I am blown away",
                "I would give it a hundred stars", "every home should have one",
            ),
        ),
    },
    fields=(("text",), ("review",), ("comment",)),
)

FAMILIES = (PRODUCT_REVIEWS,)
