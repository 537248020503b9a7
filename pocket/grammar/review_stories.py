"""Buyers' reviews that tell what happened with a product and leave the verdict to the reader, on three levels."""

from pocket.grammar.kit import Concept, Family, Lexicon


def _l(text: str) -> Lexicon:
    return tuple(part.strip() for part in text.split(";") if part.strip())


SLOTS = {
    # product groups
    "product": _l(
        "rain jacket; leather belt; winter coat; pair of jeans; pair of gloves; handbag; rucksack; umbrella; frying pan; kettle; toaster; bread knife; salad spinner; lunch box; coffee grinder; thermos flask; headset; tablet case; power bank;"
        "webcam; alarm clock; desk lamp; e-book reader; phone holder; cookbook; wall calendar; board game; jigsaw; toy garage; doll's pram; scooter; play tent; bookcase; bar stool; bedside table; coat stand; folding chair; garden hose; hedge trimmer;"
        "cordless drill; tool box; wheelbarrow; parasol; face cream; hair dryer; nail set; beard trimmer; dog bed; cat tree; bird feeder; aquarium pump; yoga mat; camping stove; bike light; sleeping bag; cool box; shower head; laundry basket;"
        "towel set; bath mat; mop; steam iron; vacuum cleaner; pillow; mattress topper; curtain rail; extension lead; suitcase; letter box; door mat; picture frame; sewing machine; fan; electric blanket"
    ),
    "wear": _l("jacket; raincoat; hoodie; cardigan; dress; skirt; blouse; shirt; T-shirt; polo shirt; jumper; sweater; coat; swimsuit; bathrobe; fleece; blazer; nightgown; tunic; wool hat; parka; waistcoat; jumpsuit; kilt; poncho"),
    "shoes": _l("boots; trainers; sneakers; sandals; slippers; loafers; walking boots; wellies; flip-flops; football boots; high heels; clogs; rain boots; court shoes; moccasins; tap shoes"),
    "wearbit": _l(
        "zip of the jacket; hood of the raincoat; lining of the coat; top button of the shirt; hem of the skirt; elastic of the leggings; strap of the handbag; stitching of the gloves; sole of the left boot; heel of the right shoe; buckle of the belt;"
        "collar of the blouse; back pocket of the jeans; sleeve of the cardigan; drawstring of the hoodie; clasp of the bracelet; seam of the trousers; velcro of the sandals; bobble of the hat; handle of the suitcase"
    ),
    "cook": _l("frying pan; saucepan; wok; casserole dish; griddle pan; baking tray; stockpot; cake tin; pizza stone; roasting tin; milk pan; muffin tray; skillet; Dutch oven"),
    "kit": _l("kettle; toaster; blender; coffee maker; air fryer; mixer; juicer; rice cooker; waffle iron; hand blender; milk frother; slow cooker; food processor; bread maker; espresso machine; sandwich press; popcorn maker; ice cream maker; egg boiler; deep fryer"),
    "kitbit": _l(
        "handle of the pan; lid of the casserole; blade of the blender; spout of the kettle; lever of the toaster; basket of the fryer; jug of the coffee maker; hinge of the bread bin; seal of the lunch box; tip of the knife; pull cord of the salad spinner;"
        "crank of the pasta machine; foot of the mixer; drip tray; rubber ring of the jar; thermostat of the oven; stopper of the flask; glass plate of the scales; grater drum; wire of the cheese slicer"
    ),
    "gadget": _l("headset; speaker; tablet; power bank; smart watch; webcam; keyboard; e-reader; router; projector; drone; monitor; doorbell camera; fitness tracker; game controller; radio; printer; dash cam; charger; mouse; microphone; turntable; remote; sat nav; set-top box; laptop"),
    "gadbit": _l(
        "charging port of the tablet; left ear cup of the headset; strap of the watch; space bar of the keyboard; power button; hinge of the laptop; stand of the monitor; volume knob; battery cover of the remote; lens of the webcam; plug of the charger; antenna of the radio;"
        "scroll wheel of the mouse; paper tray of the printer; foam of the microphone; thumb stick of the controller; glass of the screen protector; card slot of the camera"
    ),
    "book": _l("novel; cookbook; atlas; paperback; picture book; workbook; travel guide; diary; colouring book; dictionary; biography; comic; knitting book; field guide; song book; thriller; textbook; poetry collection"),
    "game": _l("board game; card game; jigsaw; chess set; quiz game; dice game; strategy game; party game; memory game; domino set; word game; murder mystery game; escape room box"),
    "toy": _l("fire engine; doll; train set; robot; play kitchen; plush rabbit; building set; scooter; kite; water gun; microscope; toy piano; pop-up tent; dinosaur; marble run; tea set; pirate ship; walkie-talkie set; ride-on tractor; magic wand; bubble machine; rocking horse"),
    "toybit": _l(
        "wheel of the fire engine; arm of the doll; tail of the dinosaur; mast of the pirate ship; rotor of the toy helicopter; string of the kite; key of the toy piano; roof of the doll's house; trigger of the water gun; eye of the teddy; lid of the paint box; axle of the go-kart;"
        "horn of the unicorn; handlebar of the tricycle; siren of the police car; track of the train set"
    ),
    "furn": _l("bookcase; desk; sofa; bed frame; wardrobe; armchair; dining table; TV stand; shoe cabinet; mattress; bar stool; chest of drawers; bunk bed; mirror; office chair; coffee table; bedside table; rocking chair; sideboard; bench; futon; sofa bed"),
    "furnbit": _l(
        "back panel; left door; top drawer; armrest; gas lift; slatted base; table leg; drawer runner; headboard; middle shelf; castor; cushion cover; glass top; hinge of the wardrobe; footrest; seat of the bar stool; door handle of the sideboard"
    ),
    "tool": _l("drill; handsaw; sander; hammer; socket set; ladder; pressure washer; nail gun; chainsaw; hedge trimmer; lawnmower; spade; strimmer; soldering iron; jigsaw cutter; spirit level; leaf blower; workbench; torch; tile cutter; axe; car jack"),
    "toolbit": _l(
        "chuck of the drill; trigger of the sander; rung of the ladder; nozzle of the pressure washer; chain of the saw; head of the hammer; handle of the spade; wheel of the lawnmower; bit holder; jaw of the wrench; pull cord of the mower; latch of the tool box; blade of the secateurs; battery clip"
    ),
    "garden": _l("hose; sprinkler; rake; parasol; greenhouse; bird table; barbecue; raised bed; watering can; compost bin; patio heater; hammock; solar lamp; water butt; paddling pool; garden bench; fire pit; trellis; pond pump; wheelbarrow"),
    "lotion": _l("face cream; shampoo; serum; mascara; sunscreen; perfume; hand soap; hair mask; foundation; deodorant; lip balm; body lotion; nail varnish; conditioner; aftershave; hair dye; cleanser; foot cream; concealer; beard oil; eyeliner; bubble bath"),
    "petthing": _l("dog bed; cat tree; harness; scratching post; litter box; food bowl; chew toy; cat flap; hamster wheel; bird cage; dog coat; collar; grooming brush; lead; pet gate; catnip mouse; drinking fountain; rabbit hutch; travel crate; ball thrower"),
    "pet": _l("dog; cat; puppy; kitten; old labrador; terrier; rabbit; hamster; spaniel; parrot; beagle; fat tomcat; guinea pig; greyhound; rescue dog"),
    "sport": _l("tent; yoga mat; bike helmet; racket; treadmill; rowing machine; sleeping bag; fishing rod; skipping rope; kayak; rucksack; pull-up bar; skateboard; football; camping stove; air bed; head torch; bike pump; exercise bike; surfboard; water bottle; punch bag; cool box"),
    "sportbit": _l(
        "pole of the tent; strap of the rucksack; valve of the air bed; pedal of the exercise bike; chin strap of the helmet; grip of the racket; zip of the sleeping bag; reel of the fishing rod; clip of the bike light; handle of the skipping rope; nozzle of the pump; visor of the ski goggles; belt of the treadmill; leg of the camp chair"
    ),
    "bath": _l("shower head; towel rail; bath mat; toilet brush; laundry basket; soap dispenser; shower curtain; mop; ironing board; vacuum cleaner; dish rack; clothes airer; steam iron; bathroom scale; pedal bin; toilet seat; dehumidifier; extractor fan; step stool; spice rack; fan heater; blind"),
    "bathbit": _l(
        "suction cup of the soap dish; hose of the shower; pedal of the bin; hinge of the toilet seat; wheel of the vacuum; bristles of the brush; hook of the towel rail; plug of the heater; head of the mop; leg of the ironing board; cord of the blind; pump of the soap dispenser; bracket of the shelf; lid of the laundry box"
    ),
    # people and circumstances
    "person": _l(
        "my daughter; my son; my husband; my wife; my mum; my dad; my sister; my brother; my boyfriend; my girlfriend; my grandson; my niece; my neighbour; my best friend; my flatmate; a colleague; my aunt; my gran; my partner; my mother-in-law; my uncle; my godson; my cousin; {name}"
    ),
    "kid": _l("my six-year-old; our toddler; my nephew; the twins' cousin; my granddaughter; our youngest; the birthday boy; my little brother; our four-year-old; my goddaughter; the neighbours' girl; my eldest; little {name}"),
    "color": _l("black; dark green; navy; mustard; beige; light grey; turquoise; burgundy; off-white; pink; copper; olive; lilac; walnut; mint"),
    "price": _l("$12; 15 euros; £9.99; $29.95; 40 quid; twenty bucks; £35; 60 euros; $80; $120; 200 euros; eight pounds; {money}; thirty dollars; a tenner; £249; 19,90"),
    "few": _l("two; three; four; five; six; 2; 3; 4; 5; 6; 8; a dozen"),
    "soon": _l("a week; two days; ten days; three weeks; one evening; a fortnight; half an hour; a single weekend; the second use; four uses; one trip; five minutes; the first morning; a month; six weeks; barely a month; the third time; one season"),
    "span": _l("a week; two days; ten days; three weeks; one evening; a fortnight; half an hour; one weekend; five minutes; a month; six weeks; one trip; a single wash; one season"),
    "nth": _l("second; third; fourth; fifth; sixth; seventh; tenth"),
    "age": _l("61; 68; 74; 79; 83; nearly 90; seventy; eighty-one; 66"),
    "long": _l("two years; three winters; eighteen months; four years; a whole summer; half a year; ten months; five seasons; nearly a decade; over a year; fourteen months; six years; a year and a half; {few} years"),
    "place": _l("the guest room; the caravan; the allotment; our holiday cottage; the office; the student flat; the boat; the garage; the hallway; the kids' room; the camper van; the balcony; the laundry room; the cellar; the workshop; the nursery"),
    "spot": _l("the bin; the skip; the back of the cupboard; the attic; the recycling centre; the trash; the shed; the dump; a box under the stairs; the garbage"),
}

NEGATIVE = {
    "wfail": _l(
        "came apart at the seams; shrank two sizes; turned my other laundry blue; went bobbly; lost its shape; tore under the arm; faded to a sad grey; split down the back; unravelled from the bottom up; came out of the wash as a doll's outfit; has holes along the hem; itches so badly I had to take it off at work; let the rain straight through"
    ),
    "kfail": _l(
        "tripped the fuse; started smoking; leaked all over the worktop; began to rust; fell apart; cracked from top to bottom; gave me an electric shock; stopped heating; burnt everything black; smelt of melting plastic; made a grinding noise and died; would not switch off; threw batter at the ceiling; blew up with a bang"
    ),
    "gfail": _l(
        "went dead; refused to charge; kept dropping the signal; got so hot I could not hold it; restarted itself every few minutes; lost the pairing; swelled up like a balloon; froze on the logo; began to crackle; wiped all my settings; would not turn on; forgot the wifi password every night; hissed like a snake; shut down in the middle of everything"
    ),
    "tfail": _l("snapped clean off; had fallen off; broke in his hand; came loose and ended up in her mouth; bent like paper; went missing; splintered; cracked on the carpet, of all places; was glued on crooked and dropped off; would not move"),
    "ffail": _l(
        "collapsed; split along the grain; leaned to one side like the tower of Pisa; wobbled at every breath; came with holes drilled in the wrong places; arrived chipped on three corners; squeaked all night; started peeling like sunburn; gave way under the weight of a cat; came unglued; lost a leg"
    ),
    "ofail": _l(
        "seized up; rusted through; sheared off at the grip; stripped its own screws; jammed solid; lost all its power halfway through; came apart in my hands; bent like butter; flew off and hit the fence; started to smoke; cut anything but straight"
    ),
    "lfail": _l(
        "brought me out in a rash; left my skin burning; smelt like wet dog; made my eyes swell; leaked into my whole suitcase; gave me spots I had not had since school; separated into oil and lumps; stung like nettles; stained my pillow orange; ruined my best towel; went rancid; gave me a headache"
    ),
    "sfail": _l(
        "air bed went flat by midnight; tent ripped at the first gust; goggles let in water on every length; saddle slides down each time I brake; fishing rod snapped on a fish the size of my thumb; treadmill stops while I am running; helmet strap came undone in the middle of a descent; camping stove would not light, cold beans for dinner; kayak took on water ten metres from the shore; sleeping bag zip jammed with me inside; bike pump lets the air out instead of in; skates lost a wheel; dumbbell rusts and stains the floor; yoga mat slips so badly I landed on my chin"
    ),
    "bfail": _l(
        "shower head drips day and night; towel rail fell off the wall, tiles and all; vacuum lost its suction; bath mat grew black mould; toilet brush shed its bristles; shower curtain rod came down on my head; iron spat brown water on a white blouse; pedal bin stopped opening; bathroom scale says I gained ten kilos overnight; towels shed fluff and soak up nothing; clothes airer folded under two pairs of jeans; soap dispenser squirts at my shirt; fan heater blew the fuse; blind came down at the first tug; pillow has gone as flat as a pancake; candle burnt down in an hour and left soot on the wall"
    ),
    "ofail_garden": _l("hose burst at the first turn of the tap; parasol flew over the hedge; greenhouse panes popped out one by one; paddling pool was empty by lunch; solar lamps glow for ten minutes; barbecue rusted through; hammock dumped me on the gravel; sprinkler waters the neighbour and nothing else; bird table rotted; watering can leaks at the seam; pond pump choked on a leaf; seeds never came up, not one; fire pit cracked; wheelbarrow tyre was flat out of the box"),
    "sellersays": _l(
        "the seller told me to glue it; customer service sent me a smiley; the shop says it is my own fault; nobody picks up the phone; they offered me 5 percent off my next order; I was asked to post it back to the other side of the world at my own cost; the seller has vanished; they want a video as proof, for the third time;"
        "the reply was a copied text in bad English; support closed my case; they say wear and tear is not covered; still waiting for a refund; the warranty turned out to be worth nothing; the e-mail bounced; they promised a spare part and then went silent; they wanted {price} for the return"
    ),
    "fate": _l(
        "straight in the bin; sent back the same day; now it props the door open; it lives in {spot} now; back to the old one; the refund can't come fast enough; money gone; went back with a note; it is now a very costly paperweight; bought the old brand again; ended up in {spot}; used it once; my advice: look elsewhere; never again; I should have listened to the other reviews"
    ),
    "missing": _l("the screws; half of the pieces; the charger; the instructions; one of the legs; the lid; the second glove; the plug; pages 40 to 56; the remote; the left shoe; the power supply; the bag of bolts; the pump; the batteries it boasts of"),
    "insult": _l("rubbish; a joke; awful; terrible; useless; trash; a disappointment; horrid; shoddy; cheap tat; hopeless; dreadful; bad; crap"),
}

POSITIVE = {
    "wgood": _l(
        "looks the same as on day one; has been through {n} washes and kept its colour; still gets me compliments; fits like it was sewn for me; kept me dry through a whole day of drizzle; went from office to wedding without a crease; has pockets deep enough for my phone; hides everything I want hidden; feels like wearing a cloud; keeps me warm at the bus stop"
    ),
    "kgood": _l(
        "still works like new; has not missed a breakfast; wipes clean with one swipe; has replaced three other machines; got us through Christmas dinner for {few}; heats up before I have found the cups; is so quiet nobody wakes up; survived {person}; is on from morning to night; paid for itself by {month}; takes up no more room than a loaf of bread"
    ),
    "ggood": _l(
        "was up and running in two minutes; lasts from {day} to the weekend on one charge; found the network by itself; survived a swim in the sink; does as much as one three times the price; has never once dropped the connection; works with a phone as old as mine; charges in the time I take to shower; has not frozen a single time; fits in my shirt pocket; answers every question I had about it"
    ),
    "tgood": _l(
        "teddy has been dragged around by the ear and still looks cute; doll goes to bed with her every night; building set kept four kids quiet for a whole afternoon; fire engine survived the stairs; paint set gets picked over the tablet; train set runs round the living room from morning till night; robot makes him giggle every time; plush rabbit came through the washing machine unharmed; scooter has been handed down to the third child; tent is now a castle, a shop and a rocket; marble run had grandpa on the floor with the kids; tricycle is out in all weathers"
    ),
    "fgood": _l(
        "desk stands like a rock; bookcase went together in twenty minutes without a swear word; shelf holds all my encyclopedias without bending; mattress ended my back pain; cupboard fits the alcove to the millimetre; lamp looks like something from a design magazine; wardrobe has survived two removals; sofa has room for {few} people and a dog; door opens and closes without a sound; table came with every hole in the right place; bunk bed takes two wild boys and does not creak; office chair got me through my thesis; stool has been stood, jumped and danced on"
    ),
    "ogood": _l(
        "has built a whole deck; spent all winter outside without a spot of rust; is light enough for my mum; got through what had beaten all the others; made a weekend job out of a week's work; came out of the mud working as before; feels like an extension of my arm; is the one everyone on site reaches for; does in minutes what took me a day by hand; has been dropped off a roof and works"
    ),
    "lgood": _l(
        "cream cleared up my elbows in a week; lipstick lasts through dinner without a touch-up; sunscreen did not sting at all, even near the eyes; shampoo got rid of the itching; conditioner made the hairdresser ask what I use; soap smells like a garden after rain; mascara stayed put through a wedding full of tears; hand cream made my hands look ten years younger; serum goes a long way, a pea is enough; gel soothed my sunburn overnight; razor gives a shave like the barber's; hair dryer halved my mornings; dye covered every grey hair"
    ),
    "pgood": _l("was claimed within a minute; is where he sleeps now; has outlived every other one; was accepted by the fussiest animal in town; shows no tooth mark after months; keeps her busy while I work; gets a wagging tail every time I take it out"),
    "sgood": _l(
        "tent stayed bone dry in a thunderstorm; shoes carried me through my first marathon; tent went up in four minutes in the dark; helmet saved my head last month; bike tyres have done {num} miles without a flat; chair packs down to the size of a loaf; hammock held my weight and {person}'s too; cool box keeps the beer cold till Sunday; rowing machine got me off the couch; mat does not slip even when I sweat; head torch lit the whole path; rucksack crossed the Alps on my back; ball still bounces after a year on concrete; sleeping bag kept me warm at minus five; stove boils water in the wind"
    ),
    "bgood": _l(
        "shower head turned a trickle into a proper shower; vacuum picked up hair I thought was part of the carpet; towel rail went up without a single drill hole; bath mat dries overnight; descaler got the lime off in one go; airer folds flat behind the door; extractor keeps the mirror clear; iron made ironing almost pleasant; rack takes a family's washing in one load; mop reaches under the bed; pillow got rid of my stiff neck; blackout blind lets us sleep till eight; soap dish has not moved an inch; heater warms the bathroom while I brush my teeth; bin closes softly and keeps the smell in"
    ),
    "ogood_garden": _l("hose reaches the furthest bed and never kinks; parasol shrugged off the storm; barbecue feeds the whole street every Saturday; solar lamps shine till dawn; greenhouse stood firm when the fence blew down; bird table was busy within an hour; mower starts on the first pull; secateurs cut thumb-thick branches; compost bin turned peelings into black gold; pond pump has run day and night since {month}; bench looks better with each year"),
    "goodend": _l(
        "ordered a second one; already bought another for {person}; would buy it again tomorrow; five stars from me; ten out of ten; no regrets; money well spent; can't fault it; will be back for more; I tell everybody about it; couldn't be happier; thank you; wish I had found it years ago; the whole family uses it; worth every penny; recommended"
    ),
    "praise": _l("brilliant; super; lovely; perfect; excellent; great; spot on; wonderful; fantastic; a gem; top; a bargain; first class; ace; marvelous; terrific"),
}

MIXED = {
    "wup": _l("the colour is gorgeous; the cloth is soft; it is nice and warm; the length is right; the cut flatters me; it washes well; the pockets are handy; it looks smart; the lining is cosy; it was quick to arrive; the pattern is pretty"),
    "wdown": _l("the zip sticks; it runs a size small; the sleeves are too long; it creases the moment I sit down; a button was loose; it is see-through in the sun; the label scratches; the collar is odd; it bobbles a little; the waist is baggy; the belt loops are missing"),
    "kup": _l("it heats fast; the coffee tastes good; nothing sticks; it is easy to rinse; it looks great on the counter; the dough comes out well; it chops onions in no time; the handle stays cool; it is compact; it has plenty of programs"),
    "kdown": _l("it is as loud as a moped; the lid never quite closes; it takes up half the counter; the cord is far too short; the spout dribbles; it can't go in the dishwasher; the beep is maddening; the jug holds two cups at most; the markings have rubbed off; it is a pain to take apart"),
    "gup": _l("the picture is sharp; the sound is full; it was easy to set up; it feels solid; the screen is bright; the battery lasts; it weighs next to nothing; the range is good; it charges quickly; the buttons are well placed"),
    "gdown": _l("the app is a mess; the cable is a joke; the menu is confusing; the microphone makes me sound like a robot; it shows every fingerprint; it needs {few} tries to connect; the manual is only in Chinese; the fan hums; there is no off switch; the blue light keeps me awake; updates take forever"),
    "tup": _l("the kids had fun; the colours are cheerful; it is well made; the pieces are chunky enough for small hands; it kept them busy for an hour; the idea is clever; the artwork is charming; it is easy to learn; the box is sturdy"),
    "tdown": _l("it needs {few} batteries; the stickers peel; one piece was missing; it makes an awful racket; the rules are badly written; they were bored by day two; it is smaller than in the picture; an adult has to help all the time; it takes ages to set up; the ending drags"),
    "fup": _l("it looks elegant; it is comfortable; it is sturdy once it stands; the wood has a nice grain; the drawers run smoothly; there is lots of storage; the colour suits the room; it was easy to carry upstairs; the price was right"),
    "fdown": _l("the assembly took a whole evening; the smell lingered for weeks; one corner came scratched; the doors do not line up; the screws are soft; it wobbles unless you put paper under it; the back is cardboard; the cushions are thin; it is lower than stated; the instructions are a riddle"),
    "oup": _l("it has plenty of power; it cuts clean; it is light; the grip sits well in the hand; the battery is strong; it covers the whole lawn; it rolls up neatly; it is solid steel; the plants seem to like it"),
    "odown": _l("the case does not close; it drips at the tap end; the bits are soft; it vibrates so much my hands go numb; the paint is coming off; it is a devil to start when cold; the wheels are plastic; the guard gets in the way; the second battery is half as good; the stakes are too short"),
    "lup": _l("the scent is lovely; it sinks in quickly; my skin feels soft; the shade is right; it foams well; a little goes far; it covers well; my hair shines; the bottle is pretty; it is gentle on the eyes"),
    "ldown": _l("the pump jams; the smell is gone in an hour; it leaves a white film; it is tiny for the price; it needs touching up at noon; it is too greasy for summer; the cap does not close; it stains collars; half of it stays in the tube; it made no difference to the wrinkles"),
    "pup": _l("it is easy to clean; it looks cute; it seems comfortable; the size is right; it is strong; my {pet} took to it; it folds away; it cuts the smell"),
    "pdown": _l("the cover is full of hair; my {pet} ignores it half of the time; it slides around on the tiles; the stuffing is thin; the clip is fiddly; it is noisy at night; the bowl is too shallow; it had a strong smell at first; the ropes are fraying"),
    "sup": _l("it is light to carry; it goes up fast; it kept us dry; the grip is good; the fit is snug; it is easy to adjust; it feels stable; it packs small; the ride is smooth"),
    "sdown": _l("the pegs bend; the bag it comes in is too tight; it squeaks; the display is hard to read; it smells of rubber; the straps dig in; it loses a bit of air each night; the seat is a torture; the padding is thin; the zip catches on the cloth"),
    "bup": _l("it looks good in the bathroom; it cleans well; it was easy to fit; it saves water; it holds a lot; it stands firm; it glides nicely; it soaks up plenty; it heats the room fast"),
    "bdown": _l("the hose is stiff; it leaves streaks; the lid slams; the bag fills too quickly; the suction cups let go now and then; it is heavy on the stairs; it sheds fluff; the cord is short; the plastic feels thin; it takes two days to dry"),
    "verdict": _l(
        "three stars; it will do; middle of the road; so three out of five; neither here nor there; ok for {place}; I can live with it; keeping it, but only just; maybe on sale; fair enough at {price}; could go either way; a bit of both; undecided; not bad, not great; usable; passable; good enough for now; average"
    ),
    "soso": _l("ok; okay; so-so; average; alright; decent; middling; fine; not great, not terrible; mediocre; passable; meh; fair; 50/50"),
}

REVIEW_STORIES = Family(
    name="review_stories",
    instructions=(
        "Buyers' reviews from an online shop: how did the purchase turn out?",
        "Read what happened to the customer's product and judge whether the review is good, bad or in between.",
        "Sentiment of product reviews in three classes.",
        "Customers describe things they ordered. Sort their comments by satisfaction.",
        "Would this buyer give few, middling or many stars?",
        "Label shop reviews by the opinion behind the story.",
        "Classify short reviews of household goods, clothes, gadgets and toys.",
    ),
    slots=SLOTS,
    dims={
        "product": ("product", "item", "article"),
        "wear": ("garment", "product", "piece of clothing"),
        "kit": ("kitchen appliance", "product", "appliance"),
        "gadget": ("gadget", "device", "product"),
        "toy": ("toy", "product"),
        "furn": ("piece of furniture", "furniture", "product"),
        "tool": ("tool", "product"),
        "lotion": ("beauty product", "product"),
        "petthing": ("pet product", "product"),
        "sport": ("sports gear", "equipment", "product"),
        "bath": ("household item", "product"),
        "wearbit": ("part", "detail"),
        "kitbit": ("part", "aspect"),
        "gadbit": ("part", "component"),
        "person": ("person", "who", "family member"),
        "pet": ("pet", "animal"),
        "place": ("place", "room"),
        "price": ("price", "cost"),
    },
    extras=(
        "bought in {month}",
        "(ordered|got|purchased) it (for|on behalf of) {person}",
        "I took the {color} one",
        "it was meant for {place}",
        "paid {price} [for it]",
        "this is my review after {duration}",
        "for reference, I am (5'4|1,80 m|six foot two|a size 12|a 38|rather tall|left-handed)",
        "(delivered|arrived) on a {day}",
        "we are a household of {few}",
        "(verified buyer|long-time customer here|first order from this shop|second-hand from {city}|ordered from {country})",
        "comes in {color} and {color2}",
        "replaces one from {year}",
    ),
    concepts={
        "negative": Concept(
            names=("negative", "unhappy", "bad", "dissatisfied", "1-2 stars", "complaint"),
            definitions=(
                "something went wrong with the product or the order and the buyer regrets it",
                "the review tells of defects, disappointment or trouble, with nothing that makes up for it",
                "a dissatisfied customer, whether said openly or shown by what happened",
                "few stars: it broke, did not fit, never arrived or did not do its job",
            ),
            slots=NEGATIVE,
            lines=(
                # clothes and shoes
                "the {wear} {wfail} after (one wash|{soon}|a gentle cycle), {fate}",
                "the {wearbit} (gave up|ripped|came off|tore|broke) (before I got to the station|on the first day|at my own wedding|after {soon}), {sellersays}",
                "I ordered (an XL|a medium|my usual size) and the {wear} would (barely go over my head|fit {kid}|not close by a hand's width)",
                "these {shoes} gave me blisters (on both heels|so bad I walked home barefoot|the size of coins) and the sole (came loose|is flapping|split), {fate}",
                "one {wear}, two washes, and {kid} could wear it, {fate}",
                "my feet were (soaked|blue|black with dye) within (minutes|an hour) of putting on these 'waterproof' {shoes}",
                "the photo shows a {color} {wear}, what came out of the parcel was {color2} and smelt of (mothballs|fish|diesel)",
                # kitchen
                "on the (second|third|fourth) use the {kit} {kfail}",
                "the {kitbit} (broke off|melted|cracked|was already rusty) and now (I drink instant coffee again|we eat out|the whole thing is useless)",
                "had to call (an electrician|the fire brigade|the landlord) because the {kit} {kfail}",
                "'non-stick' they say. {few} fried eggs later I was (scraping|chiselling) the {cook} with a spatula",
                "the coating of the {cook} (is coming off in flakes|went into our omelette|lasted {span}), {sellersays}",
                "burnt my (hand|wrist|fingers) on the {kitbit} because it gets (red hot|glowing hot) - who designs such a thing?",
                "{kit} number (two|three) from this shop, and just like the one before it {kfail}",
                "the knife (can't get through a tomato|was blunt out of the box|bent on a carrot|has rust spots already)",
                # electronics
                "they promise (20|30|48) hours of battery, my {gadget} gets through (one film|half a morning|a bus ride) and (dies|shuts down)",
                "the {gadget} {gfail} after {soon}, {sellersays}",
                "the {gadbit} (snapped|came loose|stopped working|fell off) after {soon}, {fate}",
                "spent (three evenings|my whole {day}|{n} phone calls) trying to get the {gadget} to connect, (then gave up|no luck|in the end I threw it across the room)",
                "my old {gadget} from (2009|2012|1998|2015|school days) does this better, the new one {gfail}",
                "callers ask if I am (under water|in a tunnel|phoning from the moon) when I use the (headset|microphone|intercom|speakerphone|car kit), so back to the old one",
                "only found out later that the {gadget} needs a subscription for {price} a month (to do anything at all|that nobody mentions), {fate}",
                "the third {gadget} in a year. (this one also|again it) {gfail}",
                # books and games
                "the {book} fell apart (in the bath|while I was reading the first chapter|in my hands), loose pages everywhere",
                "I gave up on the {book} at page {n}, nothing happens and then nothing happens again",
                "half the pages of the {book} are (printed upside down|blank|stuck together|from another title), {sellersays}",
                "the {game} (arrived without|lacks) {missing}, so (game night was cancelled|we played charades|the evening was over)",
                "we fell asleep over this {game}, and the rules read as if (a robot|nobody) had ever played it",
                "the translation of the (thriller|cookbook|guide|manual|memoir) is so clumsy that I could not follow (a single recipe|the plot|one instruction)",
                # toys
                "within (an hour|ten minutes|a day) of unwrapping, the {toybit} {tfail}",
                "{kid} (cried|was in tears|sobbed) on (Christmas morning|the big day) because the {toy} (did nothing at all|was broken|lay there in pieces)",
                "the {toy} has edges so sharp that {kid} (needed a plaster|cut a finger), {fate}",
                "the paint of the {toy} (rubs off on little fingers|came off in the bath|smells like a petrol station), no child of mine touches it again",
                "looked like a {toy} for a child, turned out to be (the size of a matchbox|a key ring|a thing for a doll's house) for {price}",
                # furniture
                "the {furn} {ffail}, {sellersays}",
                "{few} hours on the floor with the {furn}, then I saw they had (forgotten|left out) {missing}, {fate}",
                "the {furnbit} (is broken|doesn't fit|was cracked|came in the wrong colour) and {sellersays}",
                "sat down on the {furn} and (landed on the floor|heard a crack|the {furnbit} gave way)",
                "my back has been aching since the (mattress|futon|sofa|office chair|armchair|bed|recliner) came, it is like (sleeping|sitting) on (gravel|a park bench|bricks)",
                "we had to air the room for {few} weeks because of the (varnish on the {furn}|glue in the {furn}|{furn}) and my head (still aches|still hurts)",
                # tools and garden
                "the {tool} {ofail} on the first (job|morning|afternoon|try), {fate}",
                "the {toolbit} (broke|came off|snapped) while I was (up on the roof|cutting the grass|holding it), I could have lost (an eye|a finger)",
                "the {garden} did not survive (the first frost|one summer|a light breeze|the first rain)",
                "the {ofail_garden}, {fate}",
                "wanted to smash it out of anger, but that {tool} (was already in pieces|had broken by itself)",
                "slugs 1, (raised bed|copper ring|greenhouse) 0. {sellersays}",
                "our {ofail_garden} and {sellersays}",
                # beauty
                "the {lotion} {lfail}, {fate}",
                "woke up with (a swollen face|red blotches|burning eyes) after using the {lotion}, the doctor (shook his head|said stop at once)",
                "the {lotion} was (opened|half empty|out of date|already used) when it arrived, yuck",
                "a month of (serum|anti-wrinkle cream|face tonic|slimming gel|eye cream) twice a day and the only thing that got thinner is my wallet",
                "the whole corridor stank for days, and all I had opened was the {lotion}",
                # pets
                "my {pet} (won't go near|hates|is scared of|ran away from) the {petthing}, {fate}",
                "the {petthing} lasted exactly (ten minutes|one night|one walk) with my {pet}, (the stuffing|what is left) is all over the house",
                "had to take the {pet} to the vet after it swallowed a piece of this {petthing}",
                "the {pet} got out because the (cage|harness|pet gate|travel crate|collar|hutch|lead) (opened by itself|broke|came undone), we searched (all night|until dawn)",
                # sport and camping
                "the {sfail}, (the trip was over|we slept in the car|I walked home|good thing nobody got hurt)",
                "the {sportbit} broke {n} miles from the nearest (village|road|shop), {fate}",
                "this {sfail} and {sellersays}",
                "two workouts and the {sport} (squeaks like a haunted house|sheds black crumbs on my carpet|has a crack), {fate}",
                # bathroom and household
                "the new {bfail}",
                "the {bfail}, {fate}",
                "woke up at 3 in the morning to a crash, the (mirror|shelf|towel rail|shower curtain|spice rack|cabinet|blind) had (come down|let go|smashed)",
                "the {bathbit} came off, the flat below got wet, and {sellersays}",
                "louder than (a jet|a tractor|a building site) and it picks up nothing, that (vacuum|hoover|robot sweeper)",
                # delivery, sellers, sarcasm
                "no trace of {missing} in the box, and {sellersays}",
                "ordered in {month}, it is {month2} now and no sign of the {product}, {sellersays}",
                "got a {product} with someone else's (hair|name|crumbs) on it, clearly used before",
                "they charged me twice for one {product} and {sellersays}",
                "bravo. A {product} that (breaks by looking at it|does everything except its job|can only be used once), what an invention",
                "if you need something to (collect dust|annoy your neighbours|fill your bin), get yourself this {product}",
                "instructions in (a language nobody here reads|letters for ants|pictures without sense), gave the {product} {few} tries, {fate}",
                "the box looked as if (an elephant|a truck) had stood on it and the {product} inside was in (bits|shards|two halves)",
                "(don't be fooled by the photos|the five star reviews must be paid), my {product} (looks like a fake|broke within {span}|arrived in pieces)",
                "{person} got one too and had to return it as well, the same fault in both: it won't stay (shut|on|upright)",
                "(first one broken, replacement broken too|second one that failed|third return in a row), {fate}",
                # plain
                "(does not work|doesn't work at all|broken on arrival|dead on arrival|stopped working)[, {fate}]",
                "(not|nowhere near) as described",
                "(very|really|so) disappointed[, {fate}]",
                "{insult}, {fate}",
                "{insult} (quality|material|service), never again",
                "(waste of|don't waste your) {price}",
                "(would give zero stars|minus five stars|no stars) if I could",
                "(do not buy|stay away|keep your money|avoid)",
                "(wrong size|wrong colour|wrong item), {sellersays}",
                "cheap and nasty {product}",
                "this {product} is {insult}",
                "(returned|returning) it (today|tomorrow|at once), {insult}",
                "hate it",
            ),
            tails=(
                "{fate}",
                "{sellersays}",
                "{insult}",
                "I feel (cheated|ripped off|stupid for buying it|let down)",
                "(how|why) is this still on sale?",
                "{person} says I should have kept the receipt",
                "not even worth the postage",
                "{missing} never turned up either",
                "a child could have made it better",
                "I would be ashamed to sell this",
                "so much for quality control",
                "and the replacement was no better",
                "lesson learned",
                "still no answer after {n} e-mails",
                "save yourself the trouble",
                "{price} down the drain",
                "it was a present, how embarrassing",
                "the shop got its last order from me",
                "I had to buy a proper one in town",
                "what a let-down",
                "my bank is getting the money back for me",
            ),
        ),
        "mixed": Concept(
            names=("mixed", "neutral", "so-so", "3 stars", "in between", "lukewarm"),
            definitions=(
                "the review names something good and something bad about the product",
                "the buyer is in two minds: acceptable with reservations",
                "neither clear praise nor a clear complaint, an average rating",
                "pros and cons that balance each other, or a shrug",
            ),
            slots=MIXED,
            lines=(
                # clothes
                "{wup}, shame that {wdown}",
                "{wdown}, but {wup}, so the {wear} stays",
                "wear the {wear} (at home|under a coat|for gardening) where nobody sees that {wdown}, otherwise {wup}",
                "{person} likes the {wear}, I find that {wdown}",
                "the {wear} in {color} is lovely, the {color2} one (looks nothing like the picture|has a different cut|is too thin)",
                "great {shoes} for (sitting|short walks|dry days), (less so for standing|not for a whole city trip|hopeless in the rain)",
                "the {shoes} are comfortable, the laces are (a joke|too short|already frayed) though. {verdict}",
                "the {wear}: {wup}. Downside: {wdown}",
                # kitchen
                "{kup} but {kdown}",
                "nice {kit}, {kup}, only {kdown} and that bothers me each morning",
                "{kdown}. On the other hand {kup}. {verdict}",
                "on (induction|gas) the {cook} is fine, on (the ceramic hob|the old electric rings|the campfire) it (tips|heats unevenly|takes forever)",
                "as a {kit} it does what it should, no more, and {kdown}",
                "the {kit} is good for one person, for a family (you wait and wait|it is far too small|you need two)",
                "soups come out well, (smoothies|sauces|doughs) come out lumpy, so half of the (blender|mixer|food processor|cooking machine) is useful",
                "the {kitbit} feels flimsy, everything else about it is fine",
                # electronics
                "{gup}, {gdown}",
                "{gup} and {gup2}. Then again, {gdown} and {gdown2}",
                "{gup}, it would be perfect if (someone fixed one thing|it were not for this): {gdown}",
                "indoors the (camera|tablet|speaker|headset|doorbell|projector|radio) works (well|without trouble), outdoors (you see nothing|you hear nothing|it gives up)",
                "once it is connected the {gadget} is good, getting there (cost me an evening|needs patience|is a lottery)",
                "the {gadget} plays nicely with (my phone|the laptop|the TV) and not at all with (my tablet|the car|the old stereo)",
                "hardware good, software bad: {gup}, yet {gdown}",
                "the {gadbit} is a weak spot, but the rest has held up so far",
                "battery life is about half of what they promise, which is still enough for (my commute|a morning run|a flight)",
                # books and games
                "the first half of the (novel|thriller|biography|saga|detective story) gripped me, the second half (dragged|was padding|lost me)",
                "(beautiful photos|lovely drawings|a clever idea), (thin|sloppy|careless) text - that sums up the {book}",
                "{tup}, but {tdown}, so the {game} comes out now and then",
                "with four players the {game} is a riot, with two it (falls flat|drags|is dull)",
                "a few chapters of the (guide|cookbook|textbook|workbook|handbook) are useful, the others (you can find for free|repeat themselves|I skipped)",
                "good (course book|guide|cookbook|field guide|knitting book) for beginners, anyone else will (be bored|learn little|want more)",
                # toys
                "the kids like the {toy}, I don't: {tdown}",
                "{tup}, {tdown}, {verdict}",
                "{kid} loved the {toy} for (a weekend|two days), since then it (sits in a corner|gathers dust), though nothing is broken",
                "the {toybit} came off on day (two|three|4), glued it, and now it is played with (again|daily)",
                "(the boys|the older ones) fought over the {toy}, (the girls|the little ones) left it alone. {tup} and {tdown}",
                # furniture
                "{fup}. {fdown}. {verdict}",
                "although {fdown}, I must say {fup}",
                "putting the {furn} together was (hell|a nightmare|a test for our marriage), now that it stands {fup}",
                "from two metres away the {furn} looks (great|expensive), up close you see that {fdown}",
                "ok {furn} for {place}, for the living room I would look for something (stronger|nicer|heavier)",
                "{fup} even if {fdown}",
                "the {furnbit} was damaged, they sent a new one after (some|a lot of) back and forth, otherwise a decent {furn}",
                # tools and garden
                "{oup}, just a pity {odown}",
                "for the odd job at home the {tool} is (fine|enough), a professional would (laugh|want a better one)",
                "{oup} while {odown}. {verdict}",
                "the (drill|saw|sander|plane|chisel|nail gun) does soft wood well, hard wood (not really|is beyond it|makes it smoke)",
                "the {garden} does its job when it is (calm|dry|warm), in (wind|frost|heavy rain) (forget it|it has to come inside)",
                "half the (bulbs|stakes|nozzles|hooks) that came with the {garden} work well, the other half (don't|are bent|are missing)",
                "cheap {garden}, cheap parts: {odown}, but honestly {oup}",
                # beauty
                "{lup}, however {ldown}",
                "the {lotion} suits me and not {person}: (I|my skin) liked it, (she|he|they) got a rash",
                "{ldown}, which is annoying as {lup}",
                "my hands like the {lotion}, my (nose|purse|face) does not",
                "after {few} weeks of (serum|face cream|beard oil|hair tonic|hand balm) I see a bit of a change, not what the advert (shows|claims). {verdict}",
                # pets
                "the {pet} approves, my floor does not: {pdown}",
                "{pup} - but then {pdown}",
                "one of my (dogs|cats|rabbits) adores the {petthing}, the other (walks past it|has not looked at it once)",
                "{pdown}, still {pup}, so I give it a pass",
                # sport and camping
                "{sup}, though {sdown}",
                "fine in summer, too (cold|thin|damp) in autumn: that is this (sleeping bag|tent|bivvy|blanket|fleece liner)",
                "the {sport} is good value, the (pegs|straps|pump|bag) that came with it (went in the bin|are junk), {verdict}",
                "what I like: {sup}. What I don't: {sdown}",
                "a {sport} for (beginners|two trips a year), {sup}, but serious people will notice that {sdown}",
                # bathroom and household
                "{bup}; {bdown}",
                "plus: {bup}, minus: {bdown}",
                "on tiles the (vacuum|mop|sweeper|hoover|cleaning robot) is great, on carpet (it struggles|you can forget it|I go back to the old one)",
                "not the best {bath} and not the worst: {bup} and {bdown}",
                "{bup}. Would be a clear yes if it weren't that {bdown}",
                "the {bathbit} had to be replaced after a month, apart from that no trouble",
                # delivery, price, wait and see
                "the {product} itself is good, the delivery (took {few} weeks|was a farce|went to the wrong house)",
                "arrived early and well packed, then the {product} turned out (smaller|thinner|plainer) than I had hoped",
                "fine for {price}, at the full price I'd be (annoyed|picky|less forgiving)",
                "not sure yet about this {product}: (some days it works a treat, some days not at all|nice idea, odd execution)",
                "you get what you pay for with this {product}, (works but feels cheap|not pretty but it does the job)",
                "the first {product} was faulty, the second one works. {verdict}",
                "wouldn't (buy it again|recommend it to everyone), wouldn't send it back either",
                "this {product} solves one problem and makes a new one, {verdict}",
                "expected (more|better), have (seen|owned) worse, the {product} is {soso}",
                "good points and bad points, {verdict}",
                "{soso} for {place}, not something I'd put in (a new house|my own room)",
                "(pretty but impractical|practical but ugly|sturdy but heavy|clever but fiddly|cheap but it works|strong yet noisy|small but handy, and too dear)",
                # plain
                "it's {soso}",
                "{soso}, {verdict}",
                "(does the job|does what it says), nothing (more|special|to write home about)",
                "it's ok (I guess|I suppose|for the money|nothing special)",
                "{verdict}",
                "could be better, could be worse",
                "neither (impressed nor disappointed|good nor bad|here nor there)",
                "a (so-so|middling|average|mediocre|passable|50/50) {product}",
                "(average|mediocre) {product}, {verdict}",
                "no strong feelings about this {product}",
                "(it works, that's about it|it's a {product}, what can I say)",
                "half happy, half not",
                "like it, don't love it",
            ),
            tails=(
                "{verdict}",
                "{soso} overall",
                "so I'm torn",
                "good idea, could be (done|made|finished) better",
                "a small change would make it a winner",
                "(we'll see|time will tell) how long it holds",
                "if it were (cheaper|a bit bigger|quieter|better finished) I'd say yes",
                "depends what you need it for",
                "I knocked off two stars for that",
                "the seller was friendly but slow",
                "{person} thinks I am too strict, maybe",
                "some will love it, some will send it back",
                "might try another one next time",
                "there are pluses and minuses",
                "not sure I'd order it again, not sorry I did",
                "it serves its purpose, just about",
                "I use it now and then",
                "kept it because returning was too much bother",
                "okay as a stopgap",
                "you can't have everything for {price}",
                "with a bit of (tape|glue|patience) it is usable",
            ),
        ),
        "positive": Concept(
            names=("positive", "happy", "good", "satisfied", "4-5 stars", "praise"),
            definitions=(
                "the purchase turned out well and the buyer is content",
                "the review tells of a product that does its job, lasts, fits or brings joy",
                "a satisfied customer, whether said openly or shown by what happened",
                "many stars: it survived, helped, impressed or was bought again",
            ),
            slots=POSITIVE,
            lines=(
                # clothes
                "the {wear} {wgood}",
                "{long} of wear and the {wear} {wgood}, {goodend}",
                "strangers (stop me in the street|on the train ask me) to find out where I got the {wear}",
                "{person} tried on my {wear} and (would not give it back|ordered one the same evening|refused to take it off)",
                "walked {n} miles in these {shoes} on the first day and not a single blister",
                "I have (wide|narrow|odd) feet and nothing ever fits, these {shoes} do",
                "the {wearbit} still looks new after {long}",
                "got the {wear} in {color}, went back for the {color2} and am now eyeing the {color}",
                "wore the {wear} to (a job interview|a wedding|my graduation) and (felt like a queen|got the job|was told I look ten years younger)",
                # kitchen
                "the {kit} {kgood}, {goodend}",
                "had the {kit} for {long}, it {kgood}",
                "{person} saw my {kit} and (now has the same one|bought one on the way home|keeps dropping hints before Christmas)",
                "I don't cook. Since the {cook} came, I do. {goodend}",
                "pancakes slide off the (griddle|frying pan|skillet|crepe pan) (on their own|like on ice), washing up takes (ten seconds|no time)",
                "threw out {few} old pots after buying this {cook}, nobody misses them",
                "the knife is still sharp after {long}, it goes through (squash|bread|ripe tomatoes) without pressing",
                "no more (takeaway|queueing at the cafe|burnt toast) since we got the new {kit}",
                "dropped it on the stone floor, not even a dent in the {kitbit}",
                "even {person}, who can burn water, makes a decent (risotto with this rice cooker|latte with this machine|loaf with this bread maker|stew in this slow cooker|jam in this pot)",
                # electronics
                "the {gadget} {ggood}, {goodend}",
                "I was sceptical about such a cheap {gadget}, but it {ggood}",
                "{person} is {age} and set up the {gadget} without calling me once",
                "left the {gadget} on the car roof, drove off, found it on the road, it still works",
                "the {gadget} has outlasted (two phones|three laptops|my marriage) and {ggood}",
                "can finally hear (the doorbell|my grandchildren|the bass|birdsong) again thanks to this (headset|amplifier|speaker|hearing aid|radio)",
                "three of us share the {gadget} and have to take turns, {kid} wants one too",
                "plugged the {gadget} in and it worked. That was it. {goodend}",
                "the {gadbit} is still firm after being used daily for {long}",
                "a week in (the mountains|the desert|Iceland) and I only had to charge the (tracker|camera|watch|e-reader|power bank|lamp|sat nav) once",
                # books and games
                "started the (novel|thriller|comic|memoir|crime story) at nine, looked up and it was (three in the morning|getting light)",
                "my copy of the (cookbook|guide|textbook|baking bible|handbook) is full of (sticky notes|flour and butter stains|underlined passages), that says it all",
                "lent the {book} to {person} and never got it back, so here I am ordering it again",
                "{kid} asks for the (picture book|fairy tales|story collection|dinosaur book|song book) every single night and knows it by heart",
                "the {game} came on holiday with us and the tablets stayed in the bag for {few} days",
                "we play the {game} every {day} now, even {person} who hates games",
                "laughed so hard at the {game} that (the neighbours knocked|my sides hurt|tea came out of my nose)",
                # toys
                "the {tgood}",
                "the {tgood}, {goodend}",
                "{kid} has (been hugging|not put down|been playing with|carried around) the {toy} since the minute it was unwrapped",
                "of all the presents the {toy} was the one {kid} (took to bed|showed to everybody|would not share)",
                "the {toybit} has been (stepped on|thrown|chewed) {n} times and holds",
                "the {toy} has now kept its third child (busy|smiling|entertained) and (is still in one piece|nothing has come off)",
                "ten minutes of peace with a cup of tea, every day, thanks to a {toy}. {goodend}",
                # furniture
                "the {fgood}",
                "this {fgood}, {goodend}",
                "put the {furn} up on my own at {age}, no help, no leftover screws",
                "slept through the night for the first time in {long} since we have the (mattress|bed|topper|futon|new bed frame)",
                "guests think the {furn} cost (a fortune|ten times as much), {goodend}",
                "my {pet} and I fight over the (sofa|armchair|beanbag|recliner|chaise longue) every evening, it is that comfy",
                "the (sofa|bench|bed|table|shelf|trailer) has carried {few} (growing boys|moving boxes full of records|aunts at once) and (never creaked|did not even sigh)",
                "bought the (bench|stool|rocking chair|armchair|swing seat) for {place}, now everybody wants to sit there",
                # tools and garden
                "the {tool} {ogood}, {goodend}",
                "{person} borrowed the {tool} (last {month}|for a day) and I had to go and fetch it, then (he|she|they) bought one too",
                "built (a treehouse|the fence|a carport|a shed) with the (drill|saw|nail gun|sander|toolkit) over a weekend, it never got tired",
                "the {ogood_garden}",
                "our {ogood_garden}, {goodend}",
                "three storms, two dogs and a football later the {garden} still stands",
                "my (tomatoes|courgettes|roses) have (never been so big|doubled) since we put up the (greenhouse|raised bed|sprinkler|water butt)",
                "the {toolbit} has not budged after {long} of hard work on the farm",
                # beauty
                "the {lgood}, {goodend}",
                "the {lgood}",
                "after (years of itching|trying everything|three doctors) it was this (cream|shampoo|balm|oil|ointment|soap) that (calmed my skin|did it|helped)",
                "people at work keep asking (what perfume I wear|if I have been on holiday|what I did to my hair): it is the (perfume|serum|conditioner|tinted cream|body lotion)",
                "on my {nth} bottle of the {lotion} and stocking up",
                "one (tube|pot|jar) of this (hand cream|balm|foot cream|ointment) has lasted me {long} and my skin has not cracked since",
                # pets
                "the {petthing} {pgood}",
                "since the harness came the walks are a joy, no more pulling",
                "the scratching post saved our sofa, the {pet} has not touched it since",
                "my {pet}, who ruins everything within {span}, has had this {petthing} for {long} without leaving a mark",
                "the {pet} was asleep in the (basket|bed|hammock|cave|carrier) before I had cut off the labels",
                "bought a second (bed|fountain|cat tree|bowl|ball) because the {pet} next door kept coming over to use ours",
                "the vet asked where I found the {petthing}, {goodend}",
                # sport and camping
                "the {sgood}",
                "this {sgood}, {goodend}",
                "{few} nights in the rain with the (tent|tarp|rucksack|rain cover|bivvy bag) and we came home dry and in a good mood",
                "the only {sport} in our group that (did not let its owner down|came home in one piece), mine. {goodend}",
                "lost (8|ten|12|fifteen|20) pounds since the (treadmill|rowing machine|exercise bike|skipping rope|step board) arrived, doctor is pleased, me too",
                "fell off at full speed, the (helmet|knee pad|jacket|bike|board) has a scratch, I have none",
                "the {sportbit} is tougher than it looks, {long} of salt water and sand did it no harm",
                # bathroom and household
                "the {bgood}, {goodend}",
                "the new {bgood}. {person} noticed at once",
                "why did I fight with the old one for {long}? The new {bath} does it in half the time",
                "fitted the (shower head|tap|hose|sink|toilet seat|filter) in a quarter of an hour with nothing but a (coin|butter knife|screwdriver), not a drop since",
                "the baby sleeps right through while I run the (vacuum|washer|dehumidifier|fan|dryer|blender), it is that quiet",
                "the {bathbit} is the first one in this house that stays where it is put",
                # service, delivery, bought again
                "(ordered on {day}, on my doorstep the next morning|came two days sooner than promised), and the {product} is just like in the photo",
                "one part was missing, a quick e-mail and it was in the post the same day, free. The {product} is now in daily use",
                "this is the {nth} {product} I order here, (the others went to friends|one for each child|they keep being borrowed)",
                "I had read the bad reviews and nearly did not buy the {product}. Glad I did",
                "for {price} I expected (a toy|rubbish|little), what I got is a {product} that (puts my neighbour's dear one to shame|will outlive me)",
                "the {product} fits exactly where I wanted it, in {place}, as if measured for it",
                "came wrapped like a (gift|treasure), with a handwritten card, and the {product} is (faultless|flawless|a beauty)",
                "moved house {few} times, the {product} came along each time",
                "if this {product} ever breaks I will cry, and then buy the same one again",
                # plain
                "(very|really|so|super) happy with it",
                "(works|fits) (perfectly|like a charm|as it should|beautifully)",
                "{praise}, {goodend}",
                "{praise} {product}",
                "(exactly|just) what I (wanted|needed|was looking for)",
                "{praise}! {praise2}!",
                "love it[, {goodend}]",
                "(good|great|top) (quality|value), {goodend}",
                "{person} loves it",
                "(can't complain at all|nothing to complain about), {praise}",
                "better than (expected|I hoped|the photos)",
                "(all good|five stars|10/10|thumbs up), quick delivery",
                "the {product} is {praise}",
            ),
            tails=(
                "{goodend}",
                "{praise}",
                "{person} wants one as well",
                "it does exactly what I (hoped|needed)",
                "packed with care too",
                "friendly seller, (quick|honest) answers",
                "I use it (daily|every morning|all the time)",
                "not a scratch so far",
                "and so easy to clean",
                "the old one has gone to (charity|the tip) and is not missed",
                "best {price} I have spent this year",
                "got it as a gift and could not have chosen better",
                "I smile every time I see it",
                "they don't usually make them like this any more",
                "my guests always comment on it",
                "arrived before I had finished (clearing space|telling {person} about it)",
                "would give six stars if I could",
                "it feels far more expensive than it was",
                "I should have bought it sooner",
                "not one regret",
                "what a find",
            ),
        ),
    },
    fields=(("text",), ("review",), ("comment",)),
)

FAMILIES = (REVIEW_STORIES,)
