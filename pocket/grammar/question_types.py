"""Questions by the kind of answer they ask for: a person, a place, a number, a reason ..."""

from pocket.grammar.kit import Concept, Family


def _l(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split("|") if part.strip())


_SLOTS = {
    "land": _l(
        "Norway|Chile|Japan|Kenya|Canada|Poland|Brazil|India|Egypt|Spain|Peru|Vietnam|Greece|Ghana|Mexico|Ireland|Turkey|Iceland|Morocco|China|France|Germany|Italy|Russia|Iraq|Cuba|Nepal|Mongolia|"
        "Ethiopia|Portugal|Sweden|Thailand|Australia|New Zealand|South Africa|Texas|California|Alaska|Florida|Ohio|Scotland|Wales|Bavaria|Sicily|Hawaii|Argentina|Bolivia|Finland|Hungary|Austria|"
        "Belgium|Denmark|Jamaica|Madagascar|Malaysia|Indonesia|the Philippines|the Netherlands|the United States|Great Britain|Colombia|Tanzania|Uganda|Lebanon|Iran|Pakistan"
    ),
    "subject": _l(
        "coffee|chess|the violin|penguins|volcanoes|the bicycle|bread|cheese|gold|glass|paper money|the moon|honey bees|elephants|silk|the compass|football|opera|jazz|dinosaurs|the heart|"
        "sharks|steam trains|the internet|earthquakes|rainbows|tea|chocolate|diamonds|tornadoes|whales|the printing press|vaccines|tennis|photography|concrete"
    ),
    "animal": _l(
        "elephant|blue whale|penguin|honey bee|giraffe|octopus|kangaroo|tortoise|hummingbird|polar bear|camel|salmon|bat|wolf|crocodile|spider|ostrich|hedgehog|owl|cheetah|dolphin|squid|ant|frog|"
        "hamster|goldfish|horse|cow|pigeon|rattlesnake|sloth|panda|lobster|butterfly|eagle|mosquito|scorpion|rhinoceros|zebra|otter"
    ),
    "animals": _l(
        "elephants|blue whales|penguins|honey bees|giraffes|octopuses|kangaroos|tortoises|hummingbirds|polar bears|camels|salmon|bats|wolves|crocodiles|spiders|ostriches|hedgehogs|owls|cheetahs|"
        "dolphins|squid|ants|frogs|hamsters|goldfish|horses|cows|pigeons|snakes|sloths|pandas|lobsters|butterflies|eagles|mosquitoes|fireflies|geese|cats|dogs"
    ),
    "food": _l(
        "sourdough|risotto|pancakes|goulash|paella|sushi rice|lasagne|curry|hummus|brownies|meringue|ramen|tacos|cheesecake|pickles|kimchi|apple pie|tomato soup|fried chicken|poached eggs|guacamole|"
        "mashed potatoes|porridge|jam|mayonnaise|pesto|roast lamb|falafel|tiramisu|gingerbread"
    ),
    "book": _l(
        "Moby Dick|Don Quixote|War and Peace|Hamlet|Dracula|Frankenstein|Pride and Prejudice|Treasure Island|The Odyssey|Jane Eyre|Faust|Macbeth|Crime and Punishment|The Trial|Ulysses|Emma|"
        "Great Expectations|The Time Machine|Robinson Crusoe|The Jungle Book|Les Miserables|Peter Pan|Alice in Wonderland|Othello|The Divine Comedy|Candide|Wuthering Heights|The Silent Harbor|"
        "A Winter Orchard|The Glass Ladder|Seven Crows|The Last Lighthouse"
    ),
    "film": _l(
        "Casablanca|Citizen Kane|Psycho|Jaws|Titanic|The Godfather|Vertigo|Metropolis|Gone with the Wind|Star Wars|Alien|Rocky|King Kong|Ben Hur|The Shining|Amadeus|Gandhi|Jurassic Park|Bambi|"
        "The Third Man|Taxi Driver|Some Like It Hot|Midnight Ferry|The Paper Moon|Red Gravel|Toy Story|Shrek"
    ),
    "song": _l(
        "Yesterday|Imagine|White Christmas|Happy Birthday|Silent Night|Bohemian Rhapsody|La Bamba|Summertime|Amazing Grace|Thriller|Hey Jude|Waterloo|Danny Boy|Ave Maria|Blue Moon|Respect|"
        "Auld Lang Syne|Jingle Bells|Over the Rainbow|the Moonlight Sonata|the Ninth Symphony|Bolero|Carmen|The Magic Flute|Swan Lake"
    ),
    "building": _l(
        "the Eiffel Tower|the Taj Mahal|the Colosseum|the Statue of Liberty|the Great Wall|Big Ben|the Parthenon|the Empire State Building|the Golden Gate Bridge|Stonehenge|the Brooklyn Bridge|"
        "the Louvre|the Kremlin|Windsor Castle|the Suez Canal|the Panama Canal|Notre Dame|the Berlin Wall|the Sydney Opera House|the Hoover Dam|the Leaning Tower|the White House|the Channel Tunnel"
    ),
    "famous": _l(
        "Napoleon|Cleopatra|Mozart|Einstein|Marie Curie|Shakespeare|Leonardo da Vinci|Lincoln|Gandhi|Columbus|Galileo|Beethoven|Julius Caesar|Joan of Arc|Darwin|Newton|Picasso|Van Gogh|Churchill|"
        "Nelson Mandela|Elvis Presley|Marco Polo|Queen Victoria|Genghis Khan|Socrates|Charlie Chaplin|Martin Luther King|Florence Nightingale|Amelia Earhart|Neil Armstrong|Muhammad Ali|Marilyn Monroe|"
        "George Washington|Catherine the Great|Frida Kahlo|Edison|Tesla|Mark Twain|Bach|Houdini"
    ),
    "event": _l(
        "World War I|World War II|the French Revolution|the American Civil War|the Russian Revolution|the Great Depression|the Cold War|the moon landing|the Great Fire of London|the Black Death|"
        "the Battle of Waterloo|the Vietnam War|the Korean War|the Gulf War|the Boston Tea Party|the California gold rush|the Crusades|the Industrial Revolution|the Wall Street crash|"
        "the fall of the Berlin Wall|the Battle of Hastings|the Spanish Armada|the Cuban missile crisis|the Chernobyl accident|the sinking of the Titanic|the Boer War"
    ),
    "sport": _l(
        "tennis|basketball|ice hockey|baseball|rugby|cricket|golf|volleyball|boxing|cycling|swimming|figure skating|table tennis|badminton|fencing|judo|rowing|soccer|skiing|surfing|handball|polo|curling|wrestling|gymnastics"
    ),
    "company": _l(
        "Apple|Microsoft|Ford|Toyota|Nestle|Sony|Coca-Cola|McDonald's|IKEA|Boeing|Disney|General Motors|Nokia|Siemens|Volkswagen|Nintendo|Kodak|Nike|Adidas|Shell|Samsung|Intel|Lego|Kellogg's|"
        "Starbucks|Amazon|Google|Philips|Heinz|Rolls-Royce"
    ),
    "planet": _l("Mars|Jupiter|Saturn|Venus|Mercury|Neptune|Uranus|Pluto|the moon|the sun|Halley's comet|Titan"),
    "river": _l("the Nile|the Amazon|the Danube|the Mississippi|the Ganges|the Rhine|the Volga|the Thames|the Yangtze|the Congo|the Seine|the Mekong|the Colorado|the Zambezi"),
    "mountain": _l("Mount Everest|Kilimanjaro|Mont Blanc|Mount Fuji|the Matterhorn|K2|Mount Etna|Vesuvius|the Andes|the Alps|the Himalayas|the Rockies|Mount Rushmore|Table Mountain|Mauna Loa|Ayers Rock"),
    "part": _l("heart|liver|brain|lung|stomach|eye|ear|skin|skull|hand|foot|kidney|tongue|knee|spine|elbow|hip|thumb|nose|tooth"),
    "gadget": _l("printer|laptop|washing machine|router|dishwasher|phone|projector|coffee machine|tablet|drill|lawn mower|bike lock|thermostat|vacuum cleaner|camera|headset|scanner|keyboard|oven|heater"),
    "stuff": _l("winter tires|a bus ticket|a haircut|a liter of milk|a wedding cake|a passport photo|a second-hand piano|a pair of boots|a night in a hotel|a new windscreen|a kilo of tomatoes|a gym membership|a tattoo|a round of golf|a sofa bed|"
                "a driving lesson|a dozen eggs|an oil change|a set of keys|a ferry crossing|a barrel of oil|a stamp|a parking permit|a second-hand bike|a ski pass|a root canal|a cinema ticket|a bag of cement"),
}

_EXTRAS = (
    "I am asking for (a quiz|a school project|my {n} year old|a friend|a crossword)",
    "we were arguing about it (at lunch|at the pub|last night|on the way to {city})",
    "thanks (in advance|a lot)",
    "I (looked it up|searched everywhere) and found nothing",
    "it came up in class (today|on {day})",
    "my {n} friends all say something different",
    "just curious",
    "my teacher did not know either",
    "sorry if that is a (silly|stupid|basic) question",
    "it is for {land}",
)

_Q_PERSON = Concept(
    names=("person", "human", "who", "an individual", "HUM", "someone's name"),
    definitions=(
        "the answer is a person or a name of a human being",
        "asks who someone is or who did something",
        "the question wants an individual, a job holder or a group of people",
        "asking for a human being: inventor, author, leader, contact",
    ),
    slots={
        "subject": _l(
            "the telephone|dynamite|the light bulb|penicillin|radium|the bicycle|the zipper|television|the steam engine|the ballpoint pen|basketball|the theory of relativity|gravity|oxygen|X-rays|the safety pin|"
            "the computer mouse|barbed wire|the paper clip|Braille|the sewing machine|the saxophone|the hot air balloon|the microwave oven|the stethoscope|Velcro|the parachute|blue jeans|the typewriter|"
            "the helicopter|instant coffee|crossword puzzles|the periodic table|vaccination|the thermometer|the barcode|the traffic light|the elevator|the crossbow|the potato chip|evolution|the planet Uranus|DNA"
        ),
        "role": _l("president|prime minister|queen|king|foreign minister|national coach|finance minister|first lady|emperor|ambassador|richest man|most famous painter|best-known poet|first astronaut|tallest basketball player|chancellor|dictator"),
        "job": _l("manager|landlord|dentist|plumber|accountant|baker|driver|supervisor|caretaker|team lead|receptionist|contact person|new intern|delivery guy|night porter|union rep|school nurse|head chef"),
        "nick": _l("the Iron Lady|the Sun King|the Desert Fox|the King of Rock|Lady Day|the Great Emancipator|Old Blue Eyes|the Wizard of Menlo Park|the Red Baron|the Virgin Queen|the Flying Finn|the Maid of Orleans|the Father of Medicine"),
        "feat": _l("climb {mountain}|reach the South Pole|walk on the moon|sail around the world alone|swim the English Channel|break the sound barrier|win two Nobel prizes|fly across the Atlantic|score 100 points in one game|"
                   "run a mile in four minutes|cross {land} on foot|transplant a human heart|win {sport} gold {n} times|orbit the earth|go over Niagara Falls in a barrel|win Wimbledon"),
        "fiction": _l("Sherlock Holmes|Tarzan|James Bond|Scrooge|Zorro|Robin Hood|Hercule Poirot|Batman|Mary Poppins|Captain Hook|Darth Vader|Scarlett O'Hara|the Joker|the Wicked Witch|Popeye|Dr Watson|Superman"),
    },
    lines=(
        "{subject} : whose idea was it ?",
        "whom do we thank for {subject} ?",
        "who (patented|perfected|improved|is called the father of|got the Nobel prize for) {subject} ?",
        "who brought {subject} to {land} ?",
        "who first (thought of|wrote about|sold|had a patent on|demonstrated) {subject} [in {land}] ?",
        "which {land} (engineer|doctor|professor) worked on {subject} ?",
        "what was the name of the (man|woman) who (discovered|gave the world|made money with) {subject} ?",
        "is there a (man|woman|scientist) known for {subject}, and who",
        "my {gadget} has a sticker with a face on it, the inventor of {subject} I think, who was that ?",
        "which (senator|mayor|politician|lawyer) opposed {event} in {land} ?",
        "who (sits|sat) on the throne of {land} ?",
        "what (poet|philosopher|saint|composer) was born in {land} ?",
        "who are the (main characters|heroes|two lovers|sisters) in {book} ?",
        "who (lent|sold|gave) you the {gadget} ?",
        "who (invented|came up with|is credited with|first discovered) {subject} ?",
        "who (wrote|is the author of|penned|translated) {book} ?",
        "who (directed|starred in|produced|wrote the script of|did the music for) {film} ?",
        "who (composed|sang|first recorded|originally performed) {song} ?",
        "who was the first (man|woman|person|American|European) to {feat} ?",
        "who (is|was) the {role} of {land} [(in {year}|during {event})] ?",
        "which (scientist|inventor|engineer|man|woman) gave us {subject} ?",
        "what (inventor|chemist|physicist|Scotsman|monk) (discovered|devised|patented) {subject} ?",
        "name the (author|writer) of {book}",
        "name the (actor|actress) who (played|portrayed) {fiction} [in {film}]",
        "I'd like to know who (built|designed|paid for) {building}",
        "do you know who (was in command during|won|started) {event} ?",
        "who was known as {nick} ?",
        "whose nickname was {nick} ?",
        "who (killed|married|succeeded|taught|betrayed|painted) {famous} ?",
        "who created the character of {fiction} ?",
        "what (king|general|queen|president|explorer) ruled {land} (during|before|after) {event} ?",
        "which (player|athlete|champion) holds the record (in|for) {sport} ?",
        "who (founded|started|owns|runs|is the boss of) {company} ?",
        "who do I (call|talk to|ask|write to) about the {gadget} ?",
        "who is the {job} (here|on duty|at the {city} office|this week) ?",
        "any idea who left the {gadget} (on|running|in the hall) ?",
        "can you tell me who (signed|approved|sent) this {gadget} order ?",
        "who's (coming|driving|bringing the {food}|picking up the kids) on {day} ?",
        "whose turn is it to (clean|empty|fix) the {gadget} ?",
        "what's the name of the {job} [who helped me on {day}] ?",
        "tell me the name of {famous}'s (wife|husband|father|best friend|teacher|brother)",
        "what is the name of the (painter|sculptor|architect) behind {building} ?",
        "what tennis star (lost|won) the {year} final in {land} ?",
        "who has the most (gold medals|titles|goals) in {sport} ?",
        "by whom was {subject} (patented|discovered|made popular) ?",
        "{subject} was invented by (whom|which person) ?",
        "who is {fullname} (married to|named after|working for) ?",
        "who were the (Vikings|Aztecs|Beatles|Huguenots|Samurai|first people in {land}) ?",
        "who said that (knowledge is power|all the world's a stage|the die is cast|I came, I saw, I conquered) ?",
        "what comedian (played|hosted) in {film} ?",
    ),
    tails=("a name is enough", "was it a man or a woman", "I think his name starts with a (B|K|M|S|T)", "I always mix those two people up", "{fullname}, maybe ?", "my guess is {famous}"),
)

_Q_PLACE = Concept(
    names=("place", "location", "where", "LOC", "a place or city", "geography answer"),
    definitions=(
        "the answer is a place: a city, country, river, mountain, room or address",
        "asks where something is or happens",
        "the question is looking for a location",
        "a where question, or which city, country, state",
    ),
    slots={
        "subject": _l(
            "coffee|the tango|the Olympic Games|pizza|the tomato|wild kangaroos|the largest diamond mine|the oldest library|the highest waterfall|the first subway|the Mona Lisa|the biggest desert|the oldest zoo|"
            "the Great Barrier Reef|Area 51|the Rosetta Stone|Lake Titicaca|the Bermuda Triangle|the tallest tree|cinnamon|bananas|the Dead Sea|the smallest church|the world's largest ship|rubber|tea|the polar bear|"
            "the oldest university|the Black Forest|the Valley of the Kings|the wine Rioja|emeralds|the biggest stadium|the longest tunnel"
        ),
        "shop": _l("fresh yeast|stamps|a spare key|umbrellas|vegan {food}|light bulbs|printer paper|second-hand books|a screwdriver|gluten free bread|bus tickets|hiking maps|birthday candles|batteries|a decent {food}|baby shoes|dog food"),
        "venue": _l("the parking lot|the nearest pharmacy|the lost luggage desk|the entrance|the changing room|the next gas station|the meeting|the party|room {n}|the staff kitchen|the fire exit|gate {n}|the bus stop|the ticket machine|the toilet|an open post office"),
    },
    lines=(
        "where does {subject} come from ?",
        "where in {land} is {subject} ?",
        "{subject} : which country is that ?",
        "what part of the world has {subject} ?",
        "which (museum|town|region|valley|bay) is home to {subject} ?",
        "in what (city|country|ocean|province) will you find {subject} ?",
        "where did {subject} first (appear|turn up|become known) ?",
        "tell me the (country|continent|town) of {subject}",
        "if I wanted to visit {subject}, where would I have to go ?",
        "where do most {land} (immigrants|tourists|students) settle ?",
        "where on the campus is the {gadget} ?",
        "what islands (belong to|lie off the coast of) {land} ?",
        "what is the (oldest|driest|wettest) place in {land} ?",
        "where did {fullname} go on (holiday|honeymoon) ?",
        "where (is|can I find|would I see) {subject} ?",
        "where (was|is) {famous} (born|buried|raised) ?",
        "where did {event} (begin|take place|end|start) ?",
        "what is the (capital|largest city|highest point|second largest city|main port|coldest town) of {land} ?",
        "what (country|city|state|continent|island) is {subject} (in|found in|from|associated with) ?",
        "which country (exports|produces|grows|consumes) the most {food} ?",
        "through which (countries|cities) does {river} flow ?",
        "where does {river} (rise|begin|reach the sea) ?",
        "what (sea|ocean|river|lake) (borders|lies off|is nearest to) {land} ?",
        "in what (mountains|range|country|state) is {mountain} ?",
        "where on the (map|globe) is {land} ?",
        "what countries (border|surround|lie north of|share a coast with) {land} ?",
        "where do {animals} (live|sleep|lay their eggs|spend the winter|come from) ?",
        "on which continent do {animals} live ?",
        "where can I (buy|get|find) {shop} [(in {city}|near here|on a Sunday)] ?",
        "where's {venue} ?",
        "excuse me, which way to {venue} ?",
        "in which (drawer|aisle|cupboard|folder) (do you keep|are) {shop} ?",
        "do you know where {name} (parked|lives|went|left the {gadget}) ?",
        "where did you (put|leave|hide) the {gadget} ?",
        "where will the {year} (Olympics|World Cup|world fair|summit|final) be held ?",
        "what city (hosted|held) the {year} (Olympics|world fair|{sport} championship) ?",
        "where was {sport} (invented|first played) ?",
        "where are {company}'s (headquarters|factories|main offices) ?",
        "name the (country|city|island) where {subject} (was found|comes from|is kept)",
        "I'd like to know where {film} was (shot|filmed|first shown)",
        "what is the address of (the {city} office|your shop|{company} in {land}) ?",
        "what planet is (closest to the sun|known for its rings|the hottest) ?",
        "what U.S. state (has the most lakes|lies furthest north|grows the most corn|is called the Sunshine State) ?",
        "what is the (longest river|biggest lake|largest desert|smallest village|deepest valley|highest mountain) in {land} ?",
        "any idea where {fullname} (studied|grew up|moved to) ?",
        "where in the (body|human body) is the {part} (located|attached) ?",
        "which (town|village|region) does {food} (come from|originate in) ?",
        "where exactly is {building} ?",
        "what street is {building} on ?",
        "where should I (sit|stand|wait|queue) for {venue} ?",
        "where is the best place to (see|photograph|study) {animals} in {land} ?",
        "from which port did (the Titanic|Columbus|the Mayflower|Magellan) sail ?",
    ),
    tails=("is it far from {city}", "north or south of {land}", "the map does not show it", "I have walked round twice already", "is it on the (left|right|second floor)", "somewhere in {land}, I think"),
)

_Q_NUMBER = Concept(
    names=("number", "quantity", "how many", "NUM", "an amount or count", "figure"),
    definitions=(
        "the answer is a number: a count, size, distance, age, speed or percentage",
        "asks how many, how far, how heavy, how tall",
        "the question wants a figure or measurement",
        "numeric answer other than a date or price",
    ),
    slots={
        "subject": _l(
            "grains in a bushel|bones in the human body|teeth in an adult|countries in Africa|players on a hockey team|strings on a cello|keys on a piano|moons around Saturn|islands in Greece|steps in the Eiffel Tower|"
            "legs on a lobster|hearts in an octopus|letters in the Greek alphabet|cards in a deck|dots on two dice|stars on the flag|Beatles albums|chambers in the heart|eggs in a carton|cups in a gallon|"
            "feet in a mile|ounces in a pound|calories in a banana|pages in this book|time zones in Russia|rings on the Olympic flag|seats in parliament|squares on a chessboard|holes on a golf course|vitamins in spinach|"
            "grams of sugar in cola|spoons of yeast|people in the queue|species of snake|muscles in the face|oceans in the world|astronauts in space"
        ),
        "unit": _l("miles|kilometers|feet|meters|yards|light years|inches|centimeters|floors"),
        "wunit": _l("pounds|kilos|grams|tons|ounces"),
        "thing": _l("chairs|boxes|copies|sandwiches|invitations|tiles|rolls of wallpaper|volunteers|guests|tickets|spare keys|open orders|emails|employees|parking spaces|vacation days|bags of soil|pills"),
    },
    lines=(
        "what is the number of {subject} ?",
        "how many {subject} ?",
        "exactly how many {subject} are there [in {land}] ?",
        "do you know how many {subject} there are ?",
        "count of {subject} ?",
        "I forgot how many {subject} there are, was it {n}",
        "what is the (average|total|maximum|usual|official) number of {subject} ?",
        "{subject} : how many ?",
        "how many (soldiers|ships|tanks) did {land} lose in {event} ?",
        "how many (states|provinces|official languages|inhabitants|volcanoes) does {land} have ?",
        "what is the life expectancy of a {animal} ?",
        "how many {subject} (are there|can you count|do we know of) ?",
        "how many {unit} (is it|are there) from {city} to {city2} ?",
        "how far is (it from {city} to {city2}|{planet} from the earth|{building} from the station) ?",
        "how (tall|high|heavy|wide) is {building} ?",
        "how (deep|long|wide) is {river} ?",
        "how high is {mountain} [in {unit}] ?",
        "how much does a {animal} weigh [in {wunit}] ?",
        "how fast can a {animal} (run|swim|move) ?",
        "how long does a {animal} (live|sleep|carry its young) ?",
        "what is the (population|area|birth rate|unemployment rate|literacy rate|average income) of {land} ?",
        "what percentage of (the population of {land}|adults|{animals}|the earth) (is|are) (under 30|left-handed|endangered|covered with water|vegetarian|online) ?",
        "how many {animals} are (left|born each year|kept) in {land} ?",
        "how many people (died in|survived|took part in|were wounded in) {event} ?",
        "how many times has {land} (won|hosted) the (World Cup|{sport} title) ?",
        "how many (players|minutes|points|rounds|referees) are there in a game of {sport} ?",
        "how many (wives|children|languages|brothers|paintings) did {famous} have ?",
        "how old (is|was) {famous} when (she|he) died ?",
        "how old is (the earth|the universe|the oldest tree|{fullname}|your {animal}) ?",
        "how many {thing} (do we need|are left|have you ordered|should I bring) [for {day}] ?",
        "could you tell me the number of {thing} (in the storeroom|we still need|at the {city} site) ?",
        "how many (employees|stores|factories|shareholders) does {company} have ?",
        "how many (square feet|rooms|windows) does {building} have ?",
        "what is the (boiling point|freezing point|density|atomic number|atomic weight) of (water|iron|mercury|helium|lead|alcohol|carbon|gold) ?",
        "what is the (speed of light|square root of {num}|value of pi|speed of sound|average weight of a {animal}) ?",
        "what's (12 percent of {num}|{num} divided by {n}|{num} plus {num2}|a dozen times {n}) ?",
        "what is the (temperature|gravity|diameter|mass) of {planet} ?",
        "how hot (should the oven be for {food}|does it get in {land}|is the surface of {planet}) ?",
        "at what temperature should (I|one|you) (bake|roast|store) {food} ?",
        "how many (cups of flour|eggs|grams of butter|portions) (go into|are in) {food} ?",
        "how much (salt|sugar|water|fat) is in {food} ?",
        "how many (pages|chapters|words) does {book} have ?",
        "how many (Oscars|awards) did {film} (win|get) ?",
        "how big is (your {gadget}|a {animal}|the {part} of a {animal}|the national debt of {land}) ?",
        "what (size|width|voltage|weight) is the {gadget} ?",
        "how often does (a human heart beat|lightning strike {building}|a {animal} eat) [per (day|minute|year)] ?",
        "what is the (phone number|zip code|area code|speed limit|flight number|pin length) (for|in) {city} ?",
        "what chapter of {book} has the (whale|ghost|murder|wedding) ?",
        "give me the number of {subject}",
    ),
    tails=("roughly is fine", "more than {num} ?", "a ballpark figure will do", "I counted {n} but that can't be right", "in metric please", "someone said {percent}"),
)

_Q_TIME = Concept(
    names=("date or time", "when", "time", "DATE", "year, day or moment", "a point in time"),
    definitions=(
        "the answer is a date, year, day, hour or period",
        "asks when something happened or will happen",
        "the question wants a moment in time",
        "a when question: what year, what day, what time",
    ),
    slots={
        "subject": _l(
            "the telephone|the bicycle|coffee|the first newspaper|the printing press|the euro|the first email|the compass|gunpowder|the metric system|the zip code|the guillotine|television|daylight saving time|"
            "the first skyscraper|the Olympic flame|the credit card|the wheel|paper|the fork|the first subway|chess|women's suffrage|Valentine's Day|the first airmail|the electric chair|the penny|nylon|the microchip|"
            "the first heart transplant|the dodo|slavery|the draft|the gold standard"
        ),
        "local": _l("the pharmacy|the post office|your shop|the library|the pool|the bakery|reception|the museum|the canteen|the bank|the recycling center|the box office|the hair salon|the ferry office|the farmers market"),
        "act": _l("my order arrive|the sale start|the next train to {city} leave|the bus to {city} leave|the new {gadget} come out|the lease end|the school holidays begin|the concert start|the rent go up|the repair man come|"
                  "the shift change|the exam begin|the flight from {city} land|the trash get picked up|the parcel from {city} get here|the warranty on my {gadget} expire"),
        "holiday": _l("Easter|Ramadan|Thanksgiving|Diwali|Hanukkah|Chinese New Year|Mother's Day|Bastille Day|Carnival|the Day of the Dead|Labor Day|Passover|Midsummer|Boxing Day|Halloween|Independence Day"),
        "day_or_year": _l("year|decade|month|century"),
    },
    lines=(
        "when did people (start|stop) using {subject} ?",
        "{subject} : since when ?",
        "what year did {subject} (appear|spread to {land}|become legal|disappear|come to Europe) ?",
        "what was the date of {subject} in {land} ?",
        "in which {day_or_year} did {land} (ban|adopt|get) {subject} ?",
        "when was the (hundredth anniversary|first mention|golden age) of {subject} ?",
        "how early did {land} know {subject} ?",
        "from what time do we know {subject} ?",
        "on what date did {subject} come to an end ?",
        "what (season|month) is (harvest|monsoon|ski season|carnival) in {land} ?",
        "when is the next (election|full moon|eclipse|leap year|world cup|census) [in {land}] ?",
        "when was {subject} (invented|introduced|abolished|first used|banned) ?",
        "what year was {famous} born ?",
        "when did {famous} (die|marry|become famous|visit {land}) ?",
        "in (what|which) {day_or_year} did {event} (end|begin|happen) ?",
        "when did {event} (start|begin|end|take place|happen) ?",
        "when did {land} (become independent|join the UN|win the World Cup|abolish slavery|get the vote|enter the war|become a republic) ?",
        "when was {building} (built|finished|opened|damaged|restored) ?",
        "in what {day_or_year} was {book} (published|written|translated) ?",
        "when did {film} (come out|win the Oscar|first play in theaters) ?",
        "what year did {song} (reach number one|become a hit|come out) ?",
        "what is {famous}'s (birthday|date of birth|date of death) ?",
        "what date is {holiday} [(this year|in {year}|in {land})] ?",
        "when (is|do people celebrate) {holiday} [in {land}] ?",
        "what day (of the week|of the month) is {holiday} [in {year}] ?",
        "(when|what time) does {act} ?",
        "any idea when {local} (opens|closes|is open on {day}|reopens) ?",
        "what time does {local} (open|close) [(on {day}|tomorrow)] ?",
        "until when is {local} open [on {day}] ?",
        "what are the (opening hours|business hours) of {local} ?",
        "when (can I|should I|may we) (pick up|return|collect|test) the {gadget} ?",
        "since when do we have a new {gadget} ?",
        "when will you (be back|finish|reach {city}) ?",
        "when was the last time {planet} (was visible|was that close|was photographed) ?",
        "what time is it (now|in {city}) ?",
        "when will {planet} be visible (again|from {land}) ?",
        "when is the (best time|right season|deadline) (to plant tulips|to visit {land}|for the tax return|to prune roses|to see {animals}) ?",
        "when do {animals} (mate|hibernate|lay their eggs|migrate|shed their coat) ?",
        "on what (date|day) did {famous} (die|land in {land}|give the speech|sign the treaty) ?",
        "how long ago (did {event} end|was {subject} invented|did {animals} appear on earth) ?",
        "I'd like to know when {subject} (first appeared|came to {land}|went out of use)",
        "tell me the (date|year|day) of {event}",
        "when did {company} (start|go public|move to {land}|launch its first {gadget}) ?",
        "when was {sport} first played (in {land}|at the Olympics|by women) ?",
        "what was the (first|last) year that {land} hosted the Olympics ?",
        "by what (day|date|hour) (must|should) I (pay|reply|send the form|check out) ?",
        "do you remember when {fullname} (left|retired|started here|moved to {city}) ?",
        "what century was ({famous} alive in|{building} built in) ?",
    ),
    tails=("the exact (day|year) please", "before or after {year}", "I think it was {month}", "was it {year} or {year2}", "morning or evening", "I need to put it in my calendar"),
)

_Q_DEFINITION = Concept(
    names=("definition", "meaning", "description", "what is it", "explain a term", "DESC"),
    definitions=(
        "asks what something is or what a word means",
        "the answer explains or describes a term",
        "the question wants a definition of a thing or concept",
        "meaning, description or explanation of a word",
    ),
    slots={
        "subject": _l(
            "osmosis|a mortgage|inflation|a haiku|photosynthesis|a quasar|an alibi|cholesterol|a filibuster|karma|a sonnet|bipolar disorder|a firewall|a black hole|a metaphor|schizophrenia|an isotope|entropy|a hedge fund|"
            "nihilism|a cookie on a website|Lyme disease|feng shui|a fjord|acupuncture|an eclipse|a palindrome|a subpoena|the Holy Grail|blockchain|a stent|a dowry|gluten|a platypus|the ozone layer|a nanometer|"
            "a fugue|cubism|the electoral college|a bear market|an aneurysm|sepsis|stoicism|a meme|dry ice|a pension fund|the Talmud|an offside|a power play|a torte|umami|plasma|a cache|machine learning|a quorum|gout|"
            "the Doppler effect|a leap year|a tariff|a peninsula|a marsupial|tinnitus|amber|a samovar|a sabbatical|habeas corpus|vertigo"
        ),
        "word": _l("serendipity|kerfuffle|obsequious|mnemonic|ubiquitous|perfunctory|ersatz|zeitgeist|ennui|gregarious|plethora|ostracize|cajole|laconic|hubris|quixotic|schadenfreude|caveat|nefarious|verbatim|defenestrate|ad hoc|"
                   "pro bono|onomatopoeia|halcyon|lugubrious|prosaic|maverick|boycott|spam"),
        "phrase": _l("kick the bucket|break a leg|the whole nine yards|bite the bullet|spill the beans|once in a blue moon|raining cats and dogs|a red herring|the last straw|burn the midnight oil|touch base|low-hanging fruit|"
                     "a wild goose chase|cold turkey|beat around the bush|deja vu|carpe diem|in the doghouse|blue blood"),
    },
    lines=(
        "what (is|exactly is) {subject} ?",
        "what is meant by {subject} ?",
        "define {subject}",
        "what does {word} mean ?",
        "what does the (word|term|expression) {word} mean [(in {land}|in English|in law)] ?",
        "what does the saying {phrase} mean ?",
        "what is the (meaning|definition|literal meaning) of {word} ?",
        "can (you|someone|anybody) explain {subject} (to me|in simple words|to a child) ?",
        "how would you (describe|define|explain) {subject} ?",
        "I keep (hearing|reading) about {subject}, what (is that|does it mean)",
        "explain {subject} (please|in one sentence|like I am five)",
        "what do you mean by {word} ?",
        "tell me (what {subject} is|something about {subject}|the meaning of {word})",
        "what's {subject} (anyway|supposed to be|in plain language) ?",
        "what sort of thing is {subject} ?",
        "meaning of {word}",
        "{subject} ... what is that ?",
        "what is the difference between {subject} and {subject2} ?",
        "could you give me a (short definition|quick description) of {subject} ?",
        "what is understood by {subject} ?",
        "what is (the idea behind|the concept of|the nature of) {subject} ?",
        "in {sport}, what is meant by (a walk|a love game|a hat trick|a yellow card|the crease|a tie-break) ?",
        "what is (a love game|a hat trick|an ace|a southpaw|a penalty shot|a knockout) in {sport} ?",
        "what does (a blinking|a red|an orange) light on the {gadget} mean ?",
        "what does error {code} [on my {gadget}] mean ?",
        "the (mechanic|doctor|lawyer|teacher) says I need {subject}, whatever that is, can you explain",
        "what is {famous} (known|famous) for ?",
        "what is {book} about ?",
        "what is {film} about ?",
        "what was {famous}'s philosophy ?",
        "what are the (symptoms|signs|features|characteristics) of (the flu|diabetes|gout|measles|asthma|a stroke|malaria|anemia|burnout|Lyme disease) ?",
        "what is (life|school|the law|daily life|the culture) like in {land} ?",
        "what does the flag of {land} (stand for|represent|look like) ?",
        "what are {animals} ?",
        "what was {event} ?",
        "what was {event} (about|all about|like) ?",
        "what is the {part} ?",
        "what is the (function|purpose|role) of the {part} ?",
        "what's the point of {subject} ?",
        "my boss said {word} (in the meeting|twice today), what does that mean ?",
        "what is the sense of the word {word} ?",
        "what is the origin of the (word|name|term) {word} ?",
        "what does (it mean when somebody says|someone mean by) {phrase} ?",
    ),
    tails=("plain English please", "the dictionary did not help", "I have heard the term but never understood it", "an example would help", "is it a kind of (disease|food|machine|law)", "my contract from {land} uses the word"),
)

_Q_REASON = Concept(
    names=("reason", "why", "cause", "explanation of a cause", "motive"),
    definitions=(
        "asks why something is so or happened",
        "the answer gives a cause, motive or reason",
        "the question wants an explanation of the cause",
        "a why question, what makes, how come",
    ),
    slots={
        "subject": _l(
            "the sky|the sea|ice|popcorn|bread|champagne|grass|blood|the moon|honey|garlic breath|old paper|rubber|gold|milk|coffee|chili|the desert|snow|steel|hair|glass|salt water|soap|thunder|a cut apple|a rainbow|onion skin|cheese|concrete"
        ),
        "does": _l("blue|red|salty|slippery|sticky|so expensive|so loud|so bitter|transparent|cold at night|yellow with age|full of holes|brown after an hour|hard to wash off|sweet|so heavy|bad for cats|so popular in {land}"),
        "habit": _l("sneeze in sunlight|yawn|get goose bumps|dream|hiccup|get wrinkled fingers in water|cry when cutting onions|snore|blush|have different blood types|lose our hair|shake hands|knock on wood|cross our fingers|laugh|"
                    "age|get fevers|feel hungry at midnight|catch colds in winter|like sweet things|see faces in clouds|drive on the left|vote on Tuesdays|celebrate {holiday}"),
        "holiday": _l("Halloween|Easter|New Year|Thanksgiving|Carnival|birthdays|Labor Day|Mother's Day"),
        "adoes": _l("stand on one leg|fly in a V|hunt at night|sleep upside down|sing at dawn|lose their tails|wag their tails|dig holes|change color|migrate so far|have stripes|carry their young|live in groups|spit|bury their food|never sleep|"
                    "have such long necks|avoid people|lick salt|blink so rarely|purr"),
        "event_why": _l("leave {land}|go to war|die so young|resign|never marry|cut off an ear|refuse the prize|become so famous|go to prison|hate {land}|burn the letters|change their name|stop painting"),
        "trouble": _l("beep|smell of burning|leak|keep restarting|show a red light|run so hot|make that noise|drain the battery|refuse to start|flash orange|print blank pages|vibrate|switch itself off"),
        "office": _l("is the office closed on {day}|was my order cancelled|did the price go up|was the meeting moved to {day}|is my invoice higher than last time|did nobody answer the phone|do I have to fill in this form again|"
                     "was my card declined|is the train late again|did you choose {company}|was I charged twice|are the lights off|was the road to {city} closed"),
    },
    lines=(
        "why do people in {land} (love|fear|avoid|collect|worship) {subject} ?",
        "why does {subject} behave so strangely when (heated|wet|frozen|left overnight) ?",
        "why is {subject} never {does} ?",
        "why isn't {subject} {does} ?",
        "what is the reason for {subject} being {does} ?",
        "can somebody explain why {subject} is {does} ?",
        "how is it that {subject} is {does} ?",
        "why would anyone (collect|store|import|paint|eat) {subject} in {land} ?",
        "for what reason is {subject} (kept in the dark|taxed in {land}|sold by weight|stored upside down) ?",
        "my {n} year old wants to know why {subject} is {does}",
        "why was {subject} (rationed|banned|so valuable) during {event} ?",
        "why is {subject} {does} ?",
        "why does {subject} (smell|crack|melt|change color|float|freeze|burn|go off|foam|taste like that) ?",
        "what makes {subject} {does} ?",
        "how come {subject} is {does} ?",
        "why do (we|people|humans|babies) {habit} ?",
        "why do {animals} {adoes} ?",
        "how come {animals} {adoes} ?",
        "what is the reason that {animals} {adoes} ?",
        "why did {famous} {event_why} ?",
        "for what reason did {famous} {event_why} ?",
        "what (caused|led to|triggered|was the cause of) {event} ?",
        "what were the causes of {event} ?",
        "why did {event} (happen|last so long|begin in {month}|fail|matter) ?",
        "why was {building} (built|closed|painted red|never finished) ?",
        "why does {land} have (such high taxes|two flags|so many lakes|no army|so few trees|two capitals) ?",
        "why did {land} (invade its neighbor|leave the treaty|change its flag|move the capital|ban {food}) ?",
        "why does my {gadget} {trouble} ?",
        "what (makes|would make) my {gadget} {trouble} ?",
        "any idea why the {gadget} would {trouble} ?",
        "why {office} ?",
        "may I ask why (my order from {city} was cancelled|the form was rejected|nobody called me back|the fee went up) ?",
        "could you tell me the reason (for the delay|why my {gadget} was returned|for closing the {city} store) ?",
        "why does (my|your) {food} (always burn|stick to the pan|taste of nothing|turn out flat|go watery|collapse) ?",
        "why is {sport} (so popular in {land}|not an Olympic event|played in white|so dangerous) ?",
        "why is it called (a hamburger|the Big Apple|a jeep|Boxing Day|a penguin suit|the Cold War|rush hour|a bank holiday|the Dead Sea) ?",
        "why was {book} (banned|burned|rejected by so many publishers|so popular) ?",
        "why did {film} (flop|win so many prizes|get banned in {land}) ?",
        "why does {planet} (look red|have rings|have no air|spin backwards|shine so brightly) ?",
        "why does (the heart beat faster when we run|the knee hurt before rain|the nose run in the cold|the stomach rumble|a bruise turn yellow|the {part} hurt in the morning) ?",
        "what causes (hiccups|tides|earthquakes|migraines|thunder|static electricity|inflation|ulcers|snow|cramps|rust|a sore {part}) ?",
        "what is the cause of (rust|baldness|acid rain|dandruff|northern lights|a swollen {part}|the high rents in {city}|autism) ?",
        "I'd like to know why (only {land} has that law|prices in {land} are so high|{animals} {adoes})",
        "why are (school buses yellow|manhole covers round|fire engines red|tennis balls fuzzy|golf balls dimpled|flamingos pink|dollars green|keyboards laid out like that) ?",
        "why didn't (you|anyone|{name}) (call|tell me|lock the door|order the {gadget}|come on {day}) ?",
        "what's the point of tipping in {land}, why do people do it ?",
        "why can't (I|we) (log in|park here|return the {gadget}|swim after eating|see the far side of the moon|drink sea water) ?",
        "why do (the Japanese|Germans|the British|Americans|people in {land}) (queue so neatly|drink so much tea|take off their shoes|eat so late|drive on that side) ?",
    ),
    tails=("there must be an explanation", "nobody could give me a reason", "it makes no sense to me", "is it because of (heat|money|tradition|gravity|the law|genes)", "it was fine (yesterday|until {day})", "I never understood that"),
)

_Q_MANNER = Concept(
    names=("manner", "how to", "method", "steps or instructions", "how"),
    definitions=(
        "asks how something is done or how it works",
        "the answer is a method, a way or a set of steps",
        "a how-to question",
        "the question wants instructions or a process",
    ),
    slots={
        "subject": _l(
            "a flat tire|a red wine stain|a stuck zipper|a leaking faucet|a squeaky door|a spider plant|a tie|a wooden floor|a silver ring|a mortgage|a birthday party|a cover letter|a rabbit hutch|a campfire|a website|a kite|"
            "a blocked drain|a fish|a visa|a sleeping bag|a cast iron pan|a spreadsheet|a houseplant|a bank account|a bookshelf|a leather jacket|a beehive|a budget|a garden pond|a contract"
        ),
        "doing": _l("fix|clean|repair|get rid of|choose|make|handle|look after|paint|fold|set up|prepare|sell|move|store"),
        "task": _l("learn to juggle|write a will|tie a bow tie|boil an egg|quit smoking|ask for a raise|change a diaper|get over jet lag|start a fire without matches|become a pilot|apply for a visa to {land}|delete an account|"
                   "stop the hiccups|train for a marathon|win at chess|cut my own hair|say thank you in Japanese|save for a house|memorize a speech|grow tomatoes|sew on a button|calculate a tip|remove a splinter"),
        "process": _l("glass made|cheese made|paper recycled|the president elected|gold mined|rubber made|coffee decaffeinated|a pearl formed|steel produced|a jury picked|the Oscar winner chosen|oil refined|beer brewed|silk made|a verdict reached|salt harvested|chocolate made"),
    },
    lines=(
        "what do I need to do to {doing} {subject} ?",
        "how would a professional {doing} {subject} ?",
        "can you walk me through how to {doing} {subject} ?",
        "I want to {doing} {subject}, how do I start",
        "how do people in {land} {doing} {subject} ?",
        "how do you {doing} {subject} without (tools|a ladder|spending a fortune|help|making a mess) ?",
        "is there a trick that helps to {doing} {subject}",
        "how did they {doing} {subject} before electricity ?",
        "what's the proper procedure to {doing} {subject} in {land} ?",
        "how on earth do you {doing} {subject} ?",
        "how do I {doing} {subject} ?",
        "how (can|could|should|would) (I|you|one) {task} ?",
        "how to {task} [(without a teacher|in {duration}|at home)]",
        "what is the best way to {task} ?",
        "what's the (easiest|cheapest|safest|quickest) way to {doing} {subject} ?",
        "how is {process} [in {land}] ?",
        "how do you (make|cook|freeze|reheat|season) {food} ?",
        "steps to {doing} {subject}",
        "can someone show me how to {task} ?",
        "how does (a {gadget}|a microwave|a submarine|a compass|a refrigerator|a zipper|radar) work ?",
        "how do {animals} (breathe|find their way|communicate|hunt|sleep|see in the dark|build nests|keep warm) ?",
        "how did {famous} (die|become rich|learn to write|lose the war|escape|meet his wife) ?",
        "how do I (reset|connect|descale|switch off|update|calibrate) the {gadget} ?",
        "tell me how to (get rid of ants|cook {food}|reset the {gadget}|{task})",
        "how do you play {sport} ?",
        "how did {event} (end|change {land}|affect farmers) ?",
        "how can I get from {city} to {city2} (without flying|by train|on a small budget) ?",
        "what do I have to do to {task} ?",
        "in what way (is|was) {process} ?",
        "instructions for (installing|cleaning|moving) a {gadget}",
        "how do people in {land} (greet each other|say hello|celebrate weddings|vote|pay taxes) ?",
        "how does one go about (adopting a child|renting out a room|buying land in {land}|filing a complaint|joining the navy|naming a star|getting rid of {subject}) ?",
        "how do I unsubscribe from this ?",
        "any tips on how to {task} ?",
        "how do you (pronounce|spell|say) {lastname} [in {land}] ?",
    ),
    tails=("step by step please", "I have tried twice and failed", "do I need special tools", "my {gadget} has no manual", "a beginner should be able to do it", "is there a trick to it"),
)

_Q_ABBR = Concept(
    names=("abbreviation", "acronym", "what do the letters stand for", "ABBR", "expansion of initials"),
    definitions=(
        "asks what letters stand for, or for the short form of a term",
        "the answer expands an abbreviation or acronym",
        "full form of initials, or initials of a full form",
    ),
    slots={
        "subject": _l(
            "NASA|DNA|FBI|CPU|UNICEF|ATM|AIDS|RSVP|HTML|USB|NATO|GDP|VAT|CEO|laser|radar|scuba|PDF|GPS|MRI|FAQ|OPEC|BMW|IBM|CNN|UNESCO|FIFA|LED|ASAP|ETA|PhD|BBC|CIA|RAM|URL|SOS|EKG|VIP|SAT|NBA|IRS|HIV|"
            "a.m.|e.g.|i.e.|P.S.|AWOL|BYOB|DIY|KPI|SWAT|TNT|UFO|VHS|WHO|ZIP|MSG|LPG|SIM|RPM|ISBN|HVAC|NAFTA|AC and DC|LOL|IMHO|OOO|EOD|B2B|POS|SKU"
        ),
        "long": _l("the United Nations|miles per hour|deoxyribonucleic acid|the European Union|the World Health Organization|limited liability company|kilogram|New Mexico|the Roman numeral for {n}|also known as|frequently asked questions|"
                   "compact disc|personal computer|public relations|the chemical element gold|sodium chloride|Alabama|potassium|the International Monetary Fund|highway patrol|cubic centimeter|carbon dioxide|human resources|doctor of medicine"),
    },
    lines=(
        "what does {subject} stand for ?",
        "what do the letters (in|of) {subject} (mean|stand for) ?",
        "what is {subject} short for ?",
        "what is the full (form|name) of {subject} ?",
        "what's the abbreviation (for|of) {long} ?",
        "how do you abbreviate {long} ?",
        "{subject} stands for what ?",
        "expand {subject} please",
        "what is the (acronym|short form|symbol) for {long} ?",
        "does anyone know what {subject} means, letter by letter ?",
        "I see {subject} on (every invoice|my {gadget}|the form from {land}|packages), what do the initials mean ?",
        "(in {sport}|in medicine|in banking|on a menu|in a chat), what does {subject} stand for ?",
        "what's behind the letters {subject} ?",
        "{subject} is an acronym for what ?",
        "which initials are used for {long} [in {land}] ?",
        "our new manager writes {subject} in each mail, short for ?",
        "what words does {subject} come from ?",
        "spell out {subject} for me",
        "what is the two-letter code for ({land}|{long}) ?",
        "tell me what the initials {subject} are",
        "full form of {subject}",
        "is {subject} an abbreviation, and of what ?",
        "what did {subject} originally stand for ?",
    ),
    tails=("all the letters please", "it is on every form", "I know the first letter only", "everyone in {land} seems to know it", "the {n} letters are driving me mad"),
)

_Q_ENTITY = Concept(
    names=("thing", "entity", "object or creature", "ENTY", "which item", "a thing, animal, product or work"),
    definitions=(
        "the answer is a thing: an animal, food, product, color, language, work, sport, disease or substance",
        "asks which or what object, neither person nor place",
        "the question looks for the name of a thing",
        "wants a product, creature, title, currency or other item",
    ),
    slots={
        "subject": _l("wine|paper|whisky|glass|bronze|tofu|a guitar string|a violin bow|soap|linen|pearls|a crab shell|aspirin|gin|concrete|ink|rubber|marzipan|candles|cork|paella|a boomerang|chalk|sushi|hummus|porcelain|a kimono|"
                                  "steel|brass|polenta|vodka|gunpowder|chewing gum|toothpaste|felt|a piano key|caviar|a tortilla|pewter|nougat"),
        "kind": _l("animal|bird|insect|fish|tree|flower|metal|gas|disease|vitamin|spice|fruit|vegetable|cheese|drink|instrument|dance|game|gemstone|fabric|color|language|currency|religion|weapon|car|tool|dish|breed of dog|chemical|substance|sport"),
        "trait": _l("is the fastest on earth|is used in {food}|was sacred in {land}|has {n} eyes|never sleeps|turns red in acid|is the national symbol of {land}|cures scurvy|is named after {famous}|is poisonous to dogs|floats on water|"
                    "can be seen from space|was brought to {land} by sailors|is lighter than air|lives longest|is hardest|gives {food} its taste|is most popular in {land}|carries malaria|is banned in {land}"),
        "need": _l("to hang a heavy mirror|for oily skin|for a {n} year old|to remove rust|for a rainy hike|against moths|for a small {gadget}|to go with {food}|for sensitive teeth|for a wooden deck|to wear at a wedding in {month}|to get rid of limescale|for a cold"),
    },
    lines=(
        "what is the main ingredient of {subject} ?",
        "from which (plant|animal|mineral|raw material) do we get {subject} ?",
        "what (machine|tool|liquid|chemical) do you need to make {subject} ?",
        "which (animal|tree|plant) gives us {subject} ?",
        "what product is made with {subject} ?",
        "besides water, what is in {subject} ?",
        "what goes well with {subject} ?",
        "what can I use instead of {subject} ?",
        "what is another (word|term) for {subject} ?",
        "what gives {subject} its (color|smell|strength|taste) ?",
        "what (wood|stone|metal|grain) is best for {subject} ?",
        "{subject} is produced from what (substance|crop) ?",
        "what material did they use before {subject} [in {land}] ?",
        "what {kind} {trait} ?",
        "which {kind} {trait} ?",
        "name a {kind} that {trait}",
        "what (substance|material|ingredient|plant) is used to make {subject} ?",
        "what do you need to make {subject} ?",
        "what is {subject} (made of|made from|served with|mixed with|stored in) ?",
        "what language (is spoken|do they speak) in {land} ?",
        "what (currency|money) (is used|do they use) in {land} ?",
        "what is the (national anthem|national bird|official language|main crop|favorite dish|state flower|dominant religion|chief export) of {land} ?",
        "what do {animals} eat ?",
        "what do you call a (baby|female|male|newborn) {animal} ?",
        "what is a group of {animals} called ?",
        "what (book|novel|poem|play) (begins with a storm|did {famous} write first|features a talking {animal}|is set in {land}) ?",
        "what (film|movie|TV show) (won the most Oscars|starred a talking {animal}|was set in {land}|is based on {book}) ?",
        "what was the (title|name) of {famous}'s (first book|last film|horse|ship|best-known work|dog) ?",
        "what (color|shape|breed|brand|model) is (the flag of {land}|your {gadget}|the {animal} in {film}) ?",
        "what color are the (eyes|feathers|eggs) of a {animal} ?",
        "what (sport|game) (uses a shuttlecock|is played on ice with brooms|did {famous} love|has a scrum|is the most watched in {land}|ends with checkmate) ?",
        "what (instrument|kind of guitar) (did {famous} play|is used in {song}|has 47 strings) ?",
        "what (disease|illness|virus|infection) (killed {famous}|is spread by {animals}|attacks the {part}|wiped out cattle in {land}) ?",
        "what (vitamin|mineral|food|medicine) is good for the {part} ?",
        "what (product|cleaner|glue|tool|thing) should I (buy|use|take) {need} ?",
        "which (paint|cream|fabric|oil|screw) do you recommend {need} ?",
        "can you suggest a (wine|gift|sauce|plant|lamp) {need} ?",
        "what (weapon|vehicle|flag|ship|code) was used (in|during) {event} ?",
        "what (crop|mineral|drink|cheese|fabric|dance) comes from {land} ?",
        "what was the name of the (ship|plane|horse|treaty|dog|newspaper) (from|linked to) {event} ?",
        "what (gas|metal|element|acid) is (the lightest|in the air on {planet}|liquid at room temperature|used in balloons|found in batteries) ?",
        "what's the (best-selling|most popular|cheapest|safest) (car|phone|{gadget}|cereal|toy|sneaker) in {land} ?",
        "which (part|cable|battery|filter|bulb) fits my {gadget} ?",
        "what is the (opposite|plural|synonym|feminine) of (goose|brave|generous|fast|ox|actor|stingy|criterion) ?",
        "what (word|letter) (rhymes with orange|comes after omega|starts with x|is most used in English|means the same as brave) ?",
        "what (ingredient|spice|flour|cheese) goes in(to|) {food} ?",
        "what are you (having with|putting in) the {food} ?",
        "what (present|flowers|gift) did {name} get (for her birthday|from the office) ?",
        "what is the (largest|smallest|fastest|smartest|deadliest|loudest) (animal|bird|insect|snake|fish) (in {land}|in the world|on land) ?",
        "I want to know what (instrument|animal|drink|toy) (this is|makes that sound|{name} liked best)",
        "what (did {famous} eat|does the {animal} in {film} say) ?",
        "what television (series|show) is set in {land} ?",
        "what (crops|things|goods) does {land} export ?",
    ),
    tails=("the name of the thing is enough", "I have seen it once in {land}", "starts with a (C|G|P|W) I believe", "is it an animal or a plant", "it is on the tip of my tongue", "green, small, about {n} inches long"),
)

_Q_YESNO = Concept(
    names=("yes or no", "yes-no", "true or false", "polar question", "confirmation"),
    definitions=("can be answered with yes or no", "asks whether something is true or possible", "wants a confirmation"),
    slots={
        "can_do": _l("bring a friend|pay by card|return the {gadget}|park here overnight|freeze {food}|swim in {river}|use my phone abroad|take photos inside|cancel before {day}|bring a dog|get a refund|mix bleach and vinegar|drive in {land} with my license|eat {food} raw|reuse the code"),
        "subject": _l("coffee|gold|salt|chocolate|honey|red meat|mercury|plastic|yoga|green tea|garlic|bleach|cold water|flying|running|aspirin|tap water|nuclear power|raw milk|a vegan diet|sunscreen|glass|rice"),
        "claim": _l("bad for the {part}|legal in {land}|good for you|safe for children|magnetic|banned in {land}|dangerous|worth the money|healthier than {food}|addictive|flammable|cheaper in {city}|recyclable"),
    },
    lines=(
        "are you sure {subject} is {claim} ?",
        "does {subject} (contain sugar|expire|dissolve in oil|cause cancer|help against colds|conduct electricity) ?",
        "has {subject} ever been {claim} ?",
        "would {subject} be {claim} ?",
        "can {subject} (go in the oven|be mixed with {food}|be recycled|hurt {animals}|be posted to {land}) ?",
        "did people in {land} already know {subject} in {year} ?",
        "is {subject} the same as {subject2} ?",
        "do doctors recommend {subject} for a bad {part} ?",
        "is {subject} {claim} ?",
        "is it true that {subject} is {claim} ?",
        "can I {can_do} ?",
        "am I allowed to {can_do} ?",
        "do {animals} (sleep|dream|have teeth|feel pain|see color|hibernate|eat meat|mate for life) ?",
        "can {animals} (swim|fly|hear music|climb|recognize people|survive in {land}) ?",
        "did {famous} (ever visit {land}|have children|win a Nobel prize|speak French|play the violin|really say that) ?",
        "was {famous} (left-handed|married|poor|from {land}|ever in {city}) ?",
        "is {city} (the capital of {land}|bigger than {city2}|safe at night) ?",
        "is {land} (part of the EU|a monarchy|larger than {country}|an island) ?",
        "was {film} (based on a true story|shot in {land}|a success) ?",
        "do you (have|sell|repair|rent out) (printers|routers|heaters|cameras|drills|winter tires) ?",
        "does {company} (still make {gadget}s|ship to {land}|own {company2}) ?",
        "is (the pool|your shop|the library|the pharmacy|the bakery) open (on {day}|today) ?",
        "has (the mail|my parcel|the {gadget}|{name}) arrived (yet|already) ?",
        "are we (still on for {day}|meeting in {city}|out of {food}) ?",
        "have you (ever been to {land}|seen {film}|read {book}|tried {food}|fed the dog) ?",
        "does {planet} have (rings|moons|water|air|seasons) ?",
        "will it (rain on {day}|snow in {city}|be ready by {time}) ?",
        "is there (life on {planet}|a bus to {city}|a cure for colds|any {food} left|parking nearby) ?",
        "could {name} (be right|help me on {day}|use the {gadget}) ?",
        "isn't {subject} supposed to be {claim} ?",
        "do I (need a visa for {land}|have to pay for the {gadget}|tip in {land}) ?",
        "should I (worry|sign this|rinse rice before cooking|tip the driver|unplug the {gadget}) ?",
        "yes or no : is {subject} {claim} ?",
    ),
    tails=("a simple yes or no will do", "or is that a myth", "I say no, my friend says yes", "please confirm", "true or false", "or not"),
)

_Q_PRICE = Concept(
    names=("price", "money", "cost", "how much is it", "amount of money"),
    definitions=("asks what something costs or is worth", "the answer is a sum of money", "price, fee, salary or value"),
    slots={
        "subject": _l("a bus ticket|a haircut|a liter of milk|a wedding cake|a second-hand piano|a pair of boots|a new windscreen|a kilo of tomatoes|a gym membership|a tattoo|a round of golf|a sofa bed|a driving lesson|a dozen eggs|a house in {city}|"
                      "a ferry crossing|a barrel of oil|a parking permit|a second-hand bike|a ski pass|a root canal|a movie ticket|a bag of cement|the blue jacket|the large one|shipping to {land}|a visa for {land}|a week in {city}|a divorce|"
                      "a new roof|a horse|an ounce of gold|a taxi to the airport|a cup of coffee in {city}|a {gadget}|the repair"),
        "salary": _l("teacher|nurse|judge|pilot|senator|referee|plumber|school principal|football coach|bus driver|president|surgeon|soldier|firefighter|software developer"),
    },
    lines=(
        "how much (is|does it cost for|would I pay for) {subject} ?",
        "what (does|would|will) {subject} cost [me] ?",
        "what is the (price|cost|going rate|fee) (of|for) {subject} [in {land}] ?",
        "how much (money|cash) do I need for {subject} ?",
        "how expensive is {subject} ?",
        "what do you charge for {subject} ?",
        "what's {subject} (worth|these days, price-wise) ?",
        "how much does a {salary} (earn|make|get paid) [in {land}] ?",
        "what is the (salary|hourly wage|pension) of a {salary} [in {land}] ?",
        "how much did {famous} (pay for the palace|earn|leave to his children|get for his first painting) ?",
        "how much did {land} pay for (Alaska|the war|the stadium|the bridge|the islands) ?",
        "how much did {film} (cost|earn|make at the box office) ?",
        "what was the ticket price for {film} in {year} ?",
        "how much did {building} cost to build ?",
        "how much is {company} (worth|paying per share|charging now) ?",
        "what would you (want|take|ask) for the {gadget} ?",
        "could you quote me a price for {subject} ?",
        "how many (dollars|euros|pounds) is {subject} ?",
        "is there a fee, and how much, for {subject} ?",
        "what is the (fine|rent|toll|deposit|tuition|minimum wage|prize money) in {land} ?",
        "what's the (rent|deposit) for a flat in {city} ?",
        "how much do I owe you for {subject} ?",
        "what's the cheapest you can do on {subject} ?",
        "what did (you|they|{name}) pay for the {gadget} ?",
        "price for {subject} please ?",
    ),
    tails=("my budget is {money}", "including tax", "I was quoted {money} elsewhere", "is {money} too much", "is there a discount for students", "cash or card makes no difference"),
)

_Q_ORG = Concept(
    names=("organisation", "company", "which organization or firm", "ORG", "group or institution"),
    definitions=(
        "the answer is a company, team, party, agency, band or other organisation",
        "asks which firm, institution or group",
        "wants the name of a business, club or public body",
    ),
    slots={
        "subject": _l("the Walkman|Aspirin|the iPod|Barbie dolls|the Mustang|corn flakes|the first laptop|Post-it notes|the Game Boy|jumbo jets|Windows|the Big Mac|ballpoint pens|contact lenses|running shoes with air|instant soup|the Beetle|"
                      "nylon stockings|the space shuttle|cell phones|ketchup|razor blades|disposable diapers|the jeep|light bulbs|elevators|tractors|tires|the {gadget}|soy sauce|frozen peas"),
        "org": _l("company|firm|corporation|manufacturer|brand"),
    },
    lines=(
        "what {org} holds the patent on {subject} ?",
        "which {land} {org} makes {subject} ?",
        "what was the first {org} to sell {subject} ?",
        "{subject} are made by which {org} ?",
        "what advertising agency did the campaign for {subject} ?",
        "who manufactures {subject}, which {org} I mean ?",
        "which chain (stocks|sells|imports) {subject} ?",
        "what laboratory developed {subject} ?",
        "which {org} stopped making {subject} in {year} ?",
        "for which {org} did {fullname} design {subject} ?",
        "what {org} (makes|invented|manufactures|sells|owns the rights to|first marketed) {subject} ?",
        "which {org} is (behind|responsible for|the largest maker of) {subject} ?",
        "name the {org} that (makes|launched|sells most) {subject}",
        "what {org} did {fullname} (start|found|work for|sue) ?",
        "what is the (largest|oldest|richest) (bank|airline|newspaper|insurer|retailer|brewery) in {land} ?",
        "which (team|club) won the {sport} (title|league|cup) in {year} ?",
        "what (team|club) (did {fullname} play for|represents {city}|plays {sport} in {city}) ?",
        "which (political party|party|union) (governs|lost the election in|leads the polls in) {land} ?",
        "what (agency|ministry|authority|department) (checks|regulates|issues|taxes) (food safety|passports|banks|drugs|airlines) in {land} ?",
        "what (band|orchestra|group|choir) (recorded|plays|made famous) {song} ?",
        "which (studio|publisher|network) (released|produced|paid for) {film} ?",
        "what publisher brought out {book} ?",
        "what airline flies from {city} to {city2} ?",
        "which insurer covers {gadget} damage ?",
        "who do we buy our {gadget} from, which supplier ?",
        "which (college|university|school) did {famous} attend ?",
        "what charity (helps|rescues|saves) {animals} in {land} ?",
        "what (bank|law firm|courier) does {company} use ?",
        "which {org} (bought|took over|merged with|sued) {company} ?",
        "what {org} has its headquarters in {city} ?",
        "which (hospital|museum|church|institute) in {city} (treats burns|shows Picasso|is the oldest) ?",
        "what international organization (was founded after {event}|fights hunger|sets the rules for {sport}) ?",
        "which courier (delivers|brings) to {land} ?",
        "can you recommend a (firm|plumbing company|moving company|translation agency) in {city} ?",
        "for which newspaper did {famous} write ?",
        "what car maker (builds|sells) the most in {land} ?",
    ),
    tails=("the name of the firm please", "is it still in business", "I think it was bought by {company}", "based in {city}, I believe", "a company from {land} maybe"),
)

QUESTION_TYPES = Family(
    name="question_types",
    instructions=(
        "Questions sorted by the type of answer they expect.",
        "Classify each question by what kind of thing the answer would be.",
        "What is being asked for? Label questions to an answering system.",
        "Answer type classification for short questions.",
        "Given a question, decide whether it wants a person, a place, a number or something else.",
        "Trivia and everyday questions with the expected answer category.",
        "Route questions by expected answer.",
    ),
    slots=_SLOTS,
    dims={"subject": ("subject", "thing asked about", "focus"), "land": ("country", "region")},
    extras=_EXTRAS,
    fields=(("question",), ("text",), ("query",)),
    concepts={
        "person": _Q_PERSON, "place": _Q_PLACE, "number": _Q_NUMBER, "time": _Q_TIME, "definition": _Q_DEFINITION, "reason": _Q_REASON, "manner": _Q_MANNER,
        "abbreviation": _Q_ABBR, "entity": _Q_ENTITY, "yes_no": _Q_YESNO, "price": _Q_PRICE, "organisation": _Q_ORG,
    },
)

FAMILIES = (QUESTION_TYPES,)
