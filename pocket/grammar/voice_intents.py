"""Spoken commands to a voice assistant, lower case, by intent."""

from pocket.grammar.kit import Concept, Family


def _l(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split("|") if part.strip())


_SLOTS = {
    "hour": _l("one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|5|6|7|8|9|10"),
    "day": _l("monday|tuesday|wednesday|thursday|friday|saturday|sunday"),
    "month": _l("january|february|march|april|may|june|july|august|september|october|november|december"),
    "name": _l("anna|ben|carla|dmitri|ella|farid|grace|hugo|ines|jonas|keiko|liam|maya|noor|omar|priya|rosa|sven|tara|vera|will|yusuf|zoe|amir|bianca|emil|fatima|george|hana|igor|julia|karl|lena|marco|nina|oscar|paula|ravi|sofia|tom"),
    "lastname": _l("adler|brooks|castillo|diaz|evans|fischer|garcia|huang|jensen|khan|larsen|moreau|nguyen|okafor|patel|rossi|silva|tanaka|varga|weber|young|morgan|price|reed|stone|walsh|carter"),
    "fullname": _l("{name} {lastname}"),
    "hey": _l("please|could you|can you|hey|ok|i want you to|will you|would you|go ahead and|i need you to|hey {made}|kindly|just"),
    "artist": _l("miles davis|taylor swift|the rolling stones|nina simone|daft punk|bob dylan|abba|johnny cash|radiohead|ella fitzgerald|kendrick lamar|vivaldi|bjork|stevie wonder|the kinks|dolly parton|fela kuti|ravi shankar|rihanna|"
                 "leonard cohen|celia cruz|muddy waters|the clash|john coltrane|edith piaf|lady gaga|metallica|aretha franklin|buena vista social club|{fullname}"),
    "song": _l("blue in green|ring of fire|waterloo|feeling good|paint it black|hallelujah|respect|around the world|jolene|creep|superstition|summertime|la vie en rose|thunder road|london calling|heart of glass|purple rain|imagine|midnight {made}"),
    "work": _l("the silent harbor|a winter orchard|the glass ladder|dune|casablanca|moby dick|the paper moon|seven crows|frozen|emma|the hobbit|night of gulls|jane eyre|treasure island|crimson alley|the last lighthouse|rocky|king lear|galaxy rangers|"
               "the {made} saga|beyond the dunes|letters from {city}|a map of salt|the third man"),
    "when": _l("tonight|tomorrow|on {day}|this weekend|next {day}|at noon|this evening|in {n} hours|at {hour} o'clock|tomorrow morning|next week|in {month}|right now|later today|around midnight"),
    "city": _l("lisbon|oslo|denver|nairobi|kyoto|leeds|porto|austin|lima|cairo|prague|boston|mumbai|seoul|turin|dublin|quito|perth|ghent|tampa|new york|san diego|toronto|warsaw|athens|vienna|chicago|berlin|madrid|paris|london|sydney|"
               "bangkok|south dakota|vermont|arkansas|hawaii|north carolina|west virginia|saint lucia|cambodia"),
    "who": _l("mom|dad|{name}|{name}|{name}|my sister|the boss|grandma|my roommate|uncle {name}|the babysitter|my wife|my husband|the whole team|dr {lastname}|my landlord"),
}

VOICE_INTENTS = Family(
    name="voice_intents",
    instructions=(
        "Commands spoken to a voice assistant, by intent.",
        "What does the user want the assistant to do?",
        "Intent classification for a smart speaker.",
        "Label utterances with the action they request.",
        "Detect the intent of each spoken request.",
    ),
    slots=_SLOTS,
    dims={"when": ("time", "when", "date or time"), "who": ("person", "contact", "who")},
    extras=("thank you", "{when} please", "if you can", "that would be great", "{who} asked for it", "as usual", "and do it quickly", "you know what i mean"),
    fields=(("utterance",), ("text",), ("command",), ("query",)),
    concepts={
        "play_music": Concept(
            names=("PlayMusic", "play music", "music", "play a song", "listen to something"),
            definitions=("the user wants to hear a song, artist, album or genre", "start playback of music"),
            slots={"genre": _l("jazz|techno|country|classical piano|reggae|soul|punk|bossa nova|metal|gospel|hip hop|ambient sounds|eighties pop|blues|salsa|folk|movie soundtracks|lullabies|disco|grunge"),
                   "service": _l("spotify|youtube|pandora|itunes|deezer|google music|last fm|vimeo|the radio|my speaker")},
            lines=(
                "play {song} [by {artist}] [for {who}]", "{hey} play some {genre} [{when}]", "i want to hear {artist} [{when}] [for {who}]", "put on {genre} [on {service}] [{when}]", "play the (newest|last|best|top|most popular) (album|song|track) by {artist} [for {who}]",
                "let's listen to {artist} on {service} [{when}]", "play {genre} for {who}", "shuffle {artist} [{when}]", "turn up the {genre} [for {who}]", "play something (from the seventies|mellow|with saxophone|upbeat) on {service} [{when}]",
                "start the {genre} station [for {who}]", "open {service} and play {song} [{when}]", "{hey} put {song} on repeat [for {who}]", "skip this track and play {song} [{when}]", "play {who}'s favorite {artist} album", "use {service} to play {artist} [{when}]",
                "play me a {genre} tune from {year} [for {who}]", "i feel like dancing, put on {artist} [{when}]", "stream {genre} {when} [for {who}]", "play the {artist} concert from {year} [{when}]", "wake the party up with {genre} [for {who}]", "play {genre} {when} when {who} comes in",
            ),
            tails=("make it loud", "on {service}", "in the kitchen", "from {year}", "not the live version"),
        ),
        "weather": Concept(
            names=("GetWeather", "weather", "get the forecast", "forecast"),
            definitions=("asks about the weather or forecast", "temperature, rain, sun, wind at a place and time"),
            slots={"sky": _l("rain|snow|storm|be sunny|hail|freeze|be windy|get foggy|drizzle|be humid|warm up|get chilly|clear up|be cloudy|thunder")},
            lines=(
                "will it {sky} in {city} {when} [, {who} wants to know]", "what's the weather (like|going to be) in {city} {when}", "is it going to {sky} {when} [, {who} wants to know]", "{hey} give me the forecast for {city}", "do i need (an umbrella|a coat|sunscreen|snow boots) {when} [, {who} wants to know]",
                "how (hot|cold|warm|windy|humid) (is it|will it be) in {city} {when}", "what's the temperature in {city} [, {who} wants to know]", "any (storms|blizzards|fog|frost|showers) near {city} {when}", "tell me if it will {sky} for {who}'s picnic {when}",
                "weather {city} {when}", "when will it {sky} here [, {who} wants to know]", "is there a (tornado|heat|flood) warning for {city}", "{hey} check whether it's going to {sky} in {city} [, {who} wants to know]", "how much chance is there of rain in {city}",
                "should {who} wear a jacket {when}", "what time is sunset in {city} {when}", "forecast for my current location {when} [, {who} wants to know]", "is it hotter in {city} or {city2}", "will {who} need an umbrella in {city} {when}", "what is the pollen count and humidity {when}",
            ),
            tails=("in celsius please", "i have a picnic planned", "for the national park", "hour by hour", "i'm thinking of driving to {city}"),
        ),
        "restaurant": Concept(
            names=("BookRestaurant", "book a restaurant", "restaurant booking", "reserve a table"),
            definitions=("reserve a table at a restaurant, bar or cafe", "the user wants to book a meal out"),
            slots={"cuisine": _l("thai|sushi|greek|vegan|barbecue|tapas|ethiopian|indian|french|seafood|steak|dim sum|pizza|moroccan|brunch|ramen|cuban|lebanese|tex-mex|korean"),
                   "venue": _l("restaurant|bistro|diner|brasserie|pub|tavern|gastropub|steakhouse|cafe|food court|rooftop bar|taverna|oyster bar|pizzeria"),
                   "party": _l("two|three|four|five|six|seven|eight|ten|{n} people|me and {who}|my family of {n}|a party of {n}|{who}, {who2} and me")},
            lines=(
                "book a table for {party} [{when}]", "{hey} book a {cuisine} {venue} in {city} {when}", "i need a reservation for {party} at a {venue} {when}", "get us a table at {made}'s {venue}", "reserve a spot for {party} at a {cuisine} place",
                "find me a {venue} that serves {cuisine} and book it {when}", "make a reservation at the best {venue} in {city}", "table for {party} {when}", "book a highly rated {venue} with (a terrace|wifi|parking|a pool|outdoor seats) for {party}",
                "{who} and i want to eat {cuisine} {when}, book something", "can we get seats at a {cuisine} {venue} near {city} {when}", "i'd like to have dinner at a {venue} in {city} with {who}", "schedule a {cuisine} lunch for {party} {when}",
                "reserve a {venue} in {city} for {party}", "we'd like to try {cuisine}, get us in somewhere {when}", "book the {made} grill {when}", "i want a booth at a {venue} not far from {who}'s house", "call a {venue} and hold a table for {party}",
            ),
            tails=("near the window", "indoors", "somewhere cheap", "with a high chair", "close to {who}"),
        ),
        "playlist": Concept(
            names=("AddToPlaylist", "add to playlist", "playlist", "save a song"),
            definitions=("put a song, artist or album in a playlist", "add music to a named list"),
            slots={"list": _l("road trip|workout beats|sunday morning|party hits|sad songs|deep focus|classical essentials|indie gems|{name}'s favorites|running|summer barbecue|cooking jams|latin fever|sleepy time|throwback|rock anthems|chill vibes|study|gym|wedding")},
            lines=(
                "add {song} to my {list} playlist [for {who}]", "add {artist} to {list} [{when}]", "{hey} put this (song|track|tune|album) (in|on|onto) my {list} playlist [for {who}]", "i want {song} on the {list} list [{when}]", "save this track to {list} [for {who}]",
                "add another song by {artist} to the playlist called {list} [{when}]", "include {artist} in {who}'s {list} playlist", "{list} needs more {artist}, add some [{when}]", "stick {song} onto {list} [for {who}]", "add the current (tune|album|artist) to {list} [{when}]",
                "put {artist} into the {list} playlist [for {who}]", "{hey} add {song} by {artist} to {list} [{when}]", "this belongs in my {list} playlist [for {who}]", "i'd like to have {song} added to {list} [{when}]", "drop {song} in {who}'s playlist {list}",
                "move {song} from {list} to {list2} playlist [{when}]", "append {artist} to my {list} mix [for {who}]", "add this to {who}'s {list} playlist {when}", "{when} add {song} to the {list} playlist [for {who}]", "make {song} part of {list} [{when}]",
            ),
            tails=("at the end", "don't add it twice", "it's for {who}", "then show me the whole playlist", "and keep the order"),
        ),
        "rate_book": Concept(
            names=("RateBook", "rate a book", "book rating", "give stars"),
            definitions=("give a book or essay a rating in stars or points", "the user scores something they read"),
            slots={"kind": _l("novel|book|essay|textbook|saga|series|chronicle|memoir|current book|last novel i read|cookbook|biography"),
                   "points": _l("zero|two|three|four|five|six|2|3|4|5|6|0"), "unit": _l("stars|points")},
            lines=(
                "rate {work} {points} {unit} [, {who} agrees]", "give {work} {points} out of (5|6|10) [{unit}]", "i (give|would give) the {kind} {points} {unit} [, {who} agrees]", "{hey} rate this {kind} {points} of 6", "the {kind} {work} deserves {points} {unit} [, {who} agrees]",
                "{work} gets {points} {unit} from me", "rate the {kind} by {who} {points} {unit}", "mark {work} as {points} {unit}", "my rating for {work} is {points} [, {who} agrees]", "put down {points} {unit} for this {kind}",
                "i read {work} {when}, {points} {unit} [, {who} agrees]", "score {work} a {points}", "add a rating of {points} to {work} [, {who} agrees]", "rate the (previous|next|current) {kind} in the series {points} {unit}", "{who} and i give {work} {points} {unit}",
                "{hey} give {points} {unit} to the {kind} called {work}", "change my score for {work} to {points} [, {who} agrees]", "this {kind} was awful, {points} {unit}", "{work} was brilliant, give it {points} of {n} [, {who} agrees]", "i think {points} {unit} is fair for {work}",
            ),
            tails=("best possible score is six", "i liked the ending", "the plot was thin", "out of ten", "{who} would give it less"),
        ),
        "screening": Concept(
            names=("SearchScreeningEvent", "movie times", "showtimes", "find a film at the cinema", "cinema schedule"),
            definitions=("find when or where a film is shown", "movie schedules and theaters"),
            slots={"cinema": _l("the odeon|the {made} cinema|the closest movie theater|the drive-in|regal theatres|the imax|the plaza|the nearest cinema|cineplex {n}|the art house|star cinemas|the multiplex|the old lyric theatre"),
                   "genre": _l("animated movies|horror films|comedies|thrillers|documentaries|action movies|romantic films|matinees|3d movies|foreign films|kids movies")},
            lines=(
                "when is {work} (playing|showing|on) at {cinema} [with {who}]", "what time does {work} start at {cinema} {when}", "find the (movie schedule|showtimes|movie times) for {cinema} [with {who}]", "is {work} playing {when} at {cinema}", "what {genre} are (on|playing|showing) at {cinema} {when} [with {who}]",
                "{hey} find {genre} at {cinema}", "which theater is showing {work} [with {who}]", "where can {who} and i see {work} {when}", "i want to see {work} at {cinema} {when} [with {who}]", "show me films in the neighborhood {when}", "get movie times for {work} {when} [with {who}]",
                "are there any {genre} in theaters near {city}", "list the screenings at {cinema} {when} [with {who}]", "is {cinema} showing anything for {who} {when}", "find a late show of {work} [with {who}]", "what's on at the pictures {when}", "the closest place to watch {work} on the big screen [with {who}]",
                "give me the schedule for {genre} at {cinema}", "does {cinema} have {work} in 3d [with {who}]", "what movies are out {when}",
            ),
            tails=("with subtitles", "not later than {hour} o'clock", "two seats for {who} and me", "nearby", "in the next {n} hours"),
        ),
        "creative": Concept(
            names=("SearchCreativeWork", "find a work", "search for a creative work", "look up a title"),
            definitions=("look up a book, game, show, album or painting by title", "the user searches for a named work, not a screening"),
            slots={"type": _l("book|tv show|video game|painting|photograph|album|soundtrack|trailer|saga|comic|tv series|novel|picture|game|podcast|play|poem|theme song|magazine|cartoon")},
            lines=(
                "find (me|) the {type} {work} [for {who}]", "search for the {type} called {work} [{when}]", "{hey} look up {work} [for {who}]", "show me the {type} {work} [{when}]", "where can i (buy|download|get|find) the {type} {work} [for {who}]", "i'm looking for a {type} named {work} [{when}]",
                "can you get me the trailer of {work} [for {who}]", "do you have {work}, the {type} [{when}]", "find a {type} by {artist} [for {who}]", "who made the {type} {work} [{when}]", "i need the {type} {work} for {who}",
                "open the {type} page of {work} [{when}]", "what is the {type} {work} [for {who}]", "pull up the {type} {work} [{when}]", "i'd like to see the {type} {work} {when} [for {who}]", "please help me locate {work} the {type} [{when}]", "is there a {type} called {work} [for {who}]", "{who} told me about a {type}, {work}, find it [{when}]",
                "search the store for {work} {type} [for {who}]", "get {work} {type} for {who} {when}",
            ),
            tails=("i think it came out in {year}", "the original one", "{who} recommended it", "it's by {fullname}", "just show me the result"),
        ),
        "alarm": Concept(
            names=("SetAlarm", "alarm and timer", "set alarm", "timers", "wake me up"),
            definitions=("set, change or cancel an alarm, timer or reminder", "the user wants to be woken or reminded"),
            slots={"task": _l("take the pizza out|feed the cat|call the bank|move the car|water the plants|take my pills|leave for the airport|flip the steaks|pick up {who}|check the laundry|stretch|turn off the sprinkler|sign the lease")},
            lines=(
                "set (an alarm|a timer) for {n} (minutes|hours) [for {who}]", "wake me up at {hour} {when}", "{hey} set the alarm for {time} [for {who}]", "remind me to {task} {when}", "timer {n} minutes for the eggs [for {who}]", "cancel my {hour} o'clock alarm", "snooze for {n} minutes [for {who}]", "how much time is left on the timer",
                "remind {who} to {task} {when}", "set a recurring alarm every {day} at {hour}", "don't let me forget to {task} [for {who}]", "start a countdown of {duration}", "change the alarm from {hour} to {hour2} [for {who}]", "wake {who} {when}", "{hey} remind me {when} to {task} [for {who}]",
                "pause the pasta timer", "add {n} more minutes to the timer [for {who}]", "alarm off", "get me up before {who} {when}", "beep in {n} minutes so i can {task}",
            ),
            tails=("with the loud ringtone", "only on weekdays", "{who} has to leave early", "don't be gentle", "and again {n} minutes later"),
        ),
        "navigation": Concept(
            names=("GetDirections", "navigation", "directions", "traffic and routes"),
            definitions=("route, travel time, traffic or distance", "the user wants to get somewhere"),
            slots={"dest": _l("the airport|{city}|{who}'s house|the nearest gas station|the {made} mall|the train station|the dentist|the closest hospital|work|home|the stadium|the ferry|a car wash|the beach|{n} oak street|the university|a charging station")},
            lines=(
                "navigate to {dest} [with {who}]", "how do i get to {dest}", "{hey} take me to {dest} (avoiding tolls|by the fastest route|without highways) [with {who}]", "how (far|long) is it to {dest}", "how is traffic to {dest} {when} [with {who}]", "directions from {dest} to {dest2} [{when}]", "find a route to {dest} with a stop at {dest2} [with {who}]",
                "what time do i have to leave for {dest} to be there {when}", "is there an accident on the way to {dest} [with {who}]", "show {dest} on the map [{when}]", "which bus goes to {dest} {when} [with {who}]", "when does the next train to {city} leave [{when}]", "reroute me around the jam [with {who}]", "drive to {dest} [{when}]",
                "walking directions to {dest} [with {who}]", "where do i turn off for {dest} [{when}]", "{who} is waiting at {dest}, quickest way", "how many miles to {dest}", "get me a cab to {dest} {when} [with {who}]", "send {who} my eta for {dest} [{when}]",
            ),
            tails=("avoid the bridge", "i'm on foot", "{who} is in the car", "the freeway is closed", "and find parking"),
        ),
        "smart_home": Concept(
            names=("SmartHome", "home control", "devices and lights", "control the house"),
            definitions=("switch lights, heating, locks or appliances", "control a device at home"),
            slots={"room": _l("bedroom|kitchen|living room|hallway|garage|basement|nursery|porch|attic|bathroom|office|guest room|garden|dining room"), "dev": _l("lights|lamp|fan|heater|blinds|tv|air conditioner|thermostat|curtains|humidifier|radiator|vacuum robot|dishwasher|oven")},
            lines=(
                "turn (on|off) the {room} {dev} [for {who}]", "{hey} dim the {room} lights to {n} percent [{when}]", "set the thermostat to (16|18|19|20|21|22|65|68|70|72) degrees {when} [for {who}]", "lock the (front|back|garage) door [{when}]", "is the {room} {dev} still on [for {who}]", "open the {room} (blinds|curtains|window) [{when}]", "it's too (dark|bright|hot|cold) in the {room} [for {who}]",
                "make the {room} lights (blue|warm white|red|brighter) [{when}]", "start the vacuum robot in the {room} [for {who}]", "switch everything off when {who} leaves [{when}]", "{hey} close the garage [for {who}]", "did {who} leave the {dev} on in the {room}", "arm the alarm system [for {who}]", "show me the {room} camera [{when}]",
                "turn the {dev} up a bit [for {who}]", "schedule the {room} {dev} for {when}", "unplug the {room} {dev} {when} [for {who}]", "preheat the oven to (180|200|220|350|375|400) degrees [{when}]", "shut the {room} {dev} down [for {who}]", "let {who} in, unlock the door [{when}]", "activate movie mode in the {room} [for {who}]",
            ),
            tails=("all of them", "{who} is sleeping", "until {when}", "and keep the fan running", "at {n} percent"),
        ),
        "message": Concept(
            names=("SendMessage", "send a message", "texting and calls", "contact someone"),
            definitions=("send a text, email or call someone", "the user wants to reach a person"),
            slots={"say": _l("i'm running late|dinner is at {hour}|happy birthday|i'm stuck in traffic|see you {when}|the keys are under the mat|don't forget the milk|i landed safely|the meeting moved to {day}|love you|call me back|we won the game|good luck {when}|the plumber was here")},
            lines=(
                "text {who} {say}", "tell {who} {say}", "send a message to {who} saying {say}", "{hey} call {who} [{when}]", "email {who} about {when}", "reply to {who}, {say}", "let {who} know {say}", "write {who} that {say}", "ring {who} on the cell", "read my last message from {who} [{when}]",
                "message {who} and {who2}, {say}", "ask {who} if we are still on {when}", "any new texts from {who}", "forward that email to {who} [{when}]", "video call {who} {when}", "leave a voicemail for {who}, {say}", "send {who} a photo of the receipt", "{hey} dial {who} on speaker [{when}]",
                "whatsapp {who} {say}", "invite {who} over {when}",
            ),
            tails=("add a smiley", "send it now", "use my work address", "don't send it yet", "and copy {who}"),
        ),
        "shopping": Concept(
            names=("ShoppingList", "shopping list", "groceries", "add to the list"),
            definitions=("put items on the shopping list or order goods", "groceries and things to buy"),
            slots={"item": _l("milk|eggs|toilet paper|bananas|olive oil|dog food|oat flakes|batteries|tomatoes|dish soap|butter|coffee beans|rice|onions|tinfoil|yogurt|flour|light bulbs|diapers|peanut butter|chicken breasts|shampoo|trash bags|frozen peas|ketchup")},
            lines=(
                "add {item} to the shopping list [for {who}]", "put {item} and {item2} on my list [{when}]", "{hey} add {n} packs of {item} [for {who}]", "we're out of {item} [{when}]", "what's on the shopping list [for {who}]", "take {item} off the list [{when}]", "order more {item} {when} [for {who}]", "i need to buy {item} {when}", "did {who} add {item} already",
                "delete {item} from the grocery list [{when}]", "remember {item} for the supermarket [for {who}]", "read me the groceries [{when}]", "{who} wants {item}, put it down", "buy {item} [{when}]", "how many {item} are on the list [for {who}]", "clear the shopping list [{when}]", "add {item}, {item2} and {item3} [for {who}]",
                "double the {item} [{when}]", "share the grocery list with {who}", "we need {item} for {who}'s party {when}", "reorder the usual {item} [for {who}]",
            ),
            tails=("the organic kind", "from the corner store", "{n} of them", "{who} is going shopping {when}", "the big pack"),
        ),
    },
)

FAMILIES = (VOICE_INTENTS,)
