"""Two support questions: the same question, the same topic, or nothing to do with each other."""

import re

from pocket.grammar.kit import CITIES, COUNTRIES, Concept, Family

SLOTS = {
    "city": CITIES,
    "country": COUNTRIES,
    "app": (
        "the mobile app", "the web shop", "the desktop app", "my online account", "the calendar", "the customer portal", "the photo editor", "the chat window", "the music player", "the banking app", "the ticket app", "the fitness app",
        "the travel planner", "the learning platform", "the cloud drive", "the video service", "the notes app", "the game launcher", "the tax program", "the recipe app",
    ),
    "device": (
        "printer", "router", "tablet", "laptop", "headset", "smart watch", "keyboard", "camera", "vacuum robot", "thermostat", "doorbell", "projector", "scanner", "speaker", "e-reader", "television", "coffee machine", "monitor",
    ),
    "item": ("dress", "jacket", "lamp", "sofa", "bike", "blender", "tent", "mattress", "ring", "backpack", "toaster", "desk", "skirt", "kettle", "rug", "helmet", "drill", "chair", "book", "toy train", "bracelet"),
    "colour": ("red", "blue", "green", "black", "white", "grey", "yellow", "pink", "beige", "purple"),
    "file": ("PDF", "spreadsheet", "photo album", "video", "playlist", "contact list", "chat history", "presentation", "bookmark list", "calendar", "backup", "invoice", "report", "drawing", "form"),
    "pay": ("credit card", "bank transfer", "gift card", "PayPal", "debit card", "instalments", "cash on delivery", "voucher", "invoice", "direct debit"),
    "plan": ("premium plan", "family plan", "student plan", "free trial", "yearly plan", "business plan", "basic plan", "monthly plan", "team licence"),
    "err": ("error {num}", "code {num}", "access denied", "connection timed out", "something went wrong", "invalid request", "file not found", "session expired", "out of memory", "server busy"),
    "lang": ("French", "Spanish", "German", "Arabic", "Japanese", "Hindi", "Italian", "Polish", "Korean", "Dutch", "Turkish", "Swedish"),
    "size": ("38", "40", "42", "small", "medium", "large", "XL", "9", "extra small"),
    "carrier": ("the courier", "the parcel service", "the postman", "your delivery company", "the driver", "the freight company"),
    "when": ("last {day}", "yesterday", "a week ago", "last month", "two weeks ago", "on {day}", "the day before yesterday", "in {month}", "three days ago"),
    "wear": ("jacket", "skirt", "coat", "dress", "jumper", "shirt", "helmet", "raincoat", "vest", "blouse", "ring", "wetsuit", "cardigan", "belt", "swimsuit"),
    "sys": ("Windows", "Linux", "an iPad", "my old Mac", "Android", "a Chromebook", "the new version", "two computers", "my work machine"),
}

# (topic, question, the same in other words, another question about the same topic)
ROWS = (
    ("login", "I forgot my password for {app}", "(how do I reset my password for {app}|cannot remember my password, {app} won't let me in|need a new password for {app} because I lost the old one|password for {app} gone, how to get a new one)",
     "(how do I make my password for {app} stronger|can two people share one password for {app}|how often must I change my password for {app}|can I log in to {app} with a fingerprint instead of a password)"),
    ("login", "{app} keeps logging me out [every few minutes]", "(why do I have to log in to {app} again and again|I get signed out of {app} all the time|{app} does not keep me signed in)",
     "(how do I log out of {app} on all devices|{app} says my password is wrong|how do I switch users in {app}|can I stay signed in to {app} on two phones)"),
    ("login", "I never get the confirmation code for {app}", "(the code to log in to {app} does not arrive|waiting for the text message with the code from {app} , nothing comes|no verification code from {app})",
     "(how do I turn off the login codes of {app}|can I use a second phone number for the codes of {app}|the code from {app} is rejected as wrong)"),
    ("login", "how do I delete my account [with {app}]", "(I want to close my account for good, how|please tell me how to remove my account completely|where can I erase my account)",
     "(how do I change the name on my account|can I merge two accounts|somebody has hacked my account|how do I pause my account for a month)"),
    ("login", "how can I change my email address", "(I have a new email address, where do I enter it|need to update the email on my profile|where do I replace my old email with a new one)",
     "(you send me too many emails|can I use two email addresses for one profile|I don't get any emails from you|can I hide my email address from others)"),
    ("shipping", "where is my parcel with the {item} , it should have come {when}", "(my {item} order has not arrived, it is overdue|still waiting for the {item} that should have been delivered {when}|the delivery of my {item} is late, where is it)",
     "(how much is shipping for a {item}|can I change the delivery address for the {item}|{carrier} left my {item} in the rain|do you ship the {item} to {country})"),
    ("shipping", "do you deliver to {country}", "(can I order from {country}|is shipping to {country} possible|I live in {country} , would you send me a parcel)",
     "(how long does delivery to {country} take|who pays the customs duty for {country}|do you have a shop in {country}|can I send something back from {country})"),
    ("shipping", "can I pick up my {item} at your shop in {city}", "(is it possible to collect the {item} from the {city} store|I would rather fetch my {item} myself in {city} , can I|store pickup for the {item} in {city} , how does it work)",
     "(is the {item} in stock in {city}|when is your shop in {city} open|can you deliver the {item} to {city} by {day}|how long do you keep a {item} for me in {city})"),
    ("returns", "how do I send back the {item} [that I bought {when}]", "(I want to return my {item} , what do I do|what is the procedure for returning a {item}|return of a {item} , where do I get the label)",
     "(when do I get the money for the {item} that I returned|can I return a {item} that I have worn|who pays the postage when I return a {item}|can I exchange the {item} for a {colour} one)"),
    ("returns", "the {wear} is too small, can I swap it for size {size}", "(I need the {wear} in {size} instead of this one|wrong size, please exchange the {wear} for {size}|how do I exchange my {wear} for a bigger one, size {size})",
     "(which size do I need for the {wear}|the {wear} is too small, I want my money back|is the {wear} in {size} out of stock for good|can I swap the {wear} for a {colour} one)"),
    ("returns", "the {item} arrived broken", "(my {item} was damaged when I unpacked it|got a {item} with a crack in it|the {item} I received is in pieces)",
     "(I broke my {item} , can you repair it|how do I keep a {item} from breaking|you sent me a {colour} {item} by mistake|a part of the {item} is missing)"),
    ("billing", "I was charged twice [for my {plan}]", "(the same amount was taken from my account two times|you debited me double|two identical charges on my statement, why|there is a duplicate payment for my order)",
     "(why was I charged before the end of the trial|the amount on my bill is too high|when will I be charged|I was charged in the wrong currency)"),
    ("billing", "how do I cancel my {plan}", "(I want to end my {plan} , what do I do|please stop my {plan} , how|where is the button to cancel the {plan}|how to get out of the {plan})",
     "(what happens to my data when the {plan} ends|how do I upgrade from the {plan}|how much is the {plan}|can I get a refund for the rest of the {plan})"),
    ("billing", "can I pay by {pay}", "(do you accept {pay}|is {pay} possible as a payment method|I would like to use {pay} , does that work)",
     "(my payment by {pay} was declined|is there a fee for {pay}|how do I remove my {pay} details|can I switch from {pay} to {pay2})"),
    ("billing", "I need a receipt for my order", "(please send me the bill for my purchase|where can I download the invoice of my order|no receipt came with my order, can I have one)",
     "(the address on the receipt is wrong|how long do you keep receipts|can the receipt be made out to my company|I have a receipt but no parcel)"),
    ("device", "the {device} does not connect to the wifi", "(I cannot get my {device} onto the wireless network|my {device} has no wifi connection|the {device} fails to join the wifi|wifi not found by the {device})",
     "(the {device} loses the wifi in the garden|how do I turn off the wifi of the {device}|does the {device} work without wifi|how do I share my wifi with guests)"),
    ("device", "the battery of my {device} runs down too quickly", "(my {device} does not last a day on one charge|the {device} drains its battery within hours|why is my {device} battery always flat so soon)",
     "(how do I replace the battery of the {device}|my {device} does not charge at all|which charger fits the {device}|the battery of the {device} gets hot)"),
    ("device", "my {device} makes a strange noise", "(there is an odd sound coming from the {device}|the {device} is buzzing and rattling|what is that weird noise in my {device})",
     "(my {device} makes no sound at all|how loud is the {device}|how do I mute the {device}|can I change the ring tone of the {device})"),
    ("device", "how do I reset the {device} to factory settings", "(I want to restore the {device} to how it was when new|factory reset for my {device} , how|how can I wipe the {device} and start over)",
     "(will a reset of the {device} delete my data|my {device} resets itself every night|how do I update the {device}|how do I set the clock of the {device})"),
    ("device", "the screen of the {device} stays black", "(my {device} shows nothing on the display|nothing to be seen on the {device} , the screen is dark|black screen on the {device} after I switch it on)",
     "(the screen of the {device} is cracked|the screen of the {device} is too bright|can I connect a second screen to the {device}|how do I clean the screen of the {device})"),
    ("error", "{app} shows {err}", "(I get {err} when I open {app}|what does {err} in {app} mean and how do I fix it|{err} appears each time I use {app}|{app} stops with {err})",
     "({app} shows {err2}|can I report a typo in an error message of {app}|{app} is slow but shows no error)"),
    ("error", "{app} crashes on {sys}", "(on {sys} , {app} closes all by itself|{app} does not stay open on {sys}|whenever I start {app} on {sys} it quits at once)",
     "(is there a version of {app} for {sys}|{app} is slow on {sys}|how do I uninstall {app} from {sys}|{app} looks different on {sys})"),
    ("files", "I deleted my {file} by accident, can I get it back", "(how do I recover a deleted {file}|my {file} is gone because I pressed delete, please help me restore it|undo the deletion of a {file} , how)",
     "(how do I delete a {file} for good|how do I make a copy of my {file}|who deleted my {file}|I cannot open my {file})"),
    ("files", "how do I export my {file}", "(I would like to save my {file} outside the program, how|is there a way to download the whole {file}|where is the export function for a {file})",
     "(how do I import a {file}|the exported {file} is empty|how do I print my {file}|can I export the {file} to {sys} every night)"),
    ("files", "how can I share a {file} with a colleague", "(I want to give a colleague access to my {file}|how do I let someone else see my {file}|sharing a {file} with a team mate, how does it work)",
     "(how do I stop sharing a {file}|who has seen my {file}|the colleague can see my {file} but not change it|how big may a shared {file} be)"),
    ("settings", "how do I switch {app} to {lang}", "(can I use {app} in {lang}|where can I change the language of {app} to {lang}|I would like to have {app} in {lang} , how)",
     "(the {lang} translation of {app} has mistakes|do you offer support in {lang}|{app} changed its language by itself|how do I type {lang} letters in {app})"),
    ("settings", "how do I turn off notifications from {app}", "(please make {app} stop sending me alerts|too many pop-ups from {app} , how do I silence them|where can I disable the alerts of {app})",
     "(I get no notifications from {app}|can I change the sound of the notifications of {app}|notifications from {app} arrive hours late|how do I see old notifications of {app})"),
    ("settings", "is there a dark mode in {app}", "(can {app} have a black background|how do I get dark colours in {app}|{app} is too bright, does it have a night theme)",
     "(how do I make the letters in {app} bigger|dark mode in {app} makes the text unreadable|can I choose my own colours in {app}|{app} turns dark at noon, why)"),
    ("shipping", "when will the {colour} {item} be available again", "(the {colour} {item} is sold out, when do you get more|is the {colour} {item} coming back into stock|how long until you have the {item} in {colour} again)",
     "(do you have the {item} in {colour2}|how much is the {colour} {item}|can I reserve a {colour} {item}|is the {colour} {item} made of leather)"),
    ("stock", "is there a discount for students", "(do students pay less|I am a student, can I have a lower price|reduced prices for students, do you have them)",
     "(my student discount has expired|my discount code does not work|is there a discount for pensioners|how do I prove that I am a student)"),
    ("jobs", "how do I contact a human [in support]", "(I want to speak with a real person|is there a phone number where someone answers|no more bots please, how do I reach an agent)",
     "(when is your support open|how do I complain about an agent|can support see my screen|how do I rate the chat with your agent)"),
    ("billing", "my gift card does not work", "(the code of my gift card is refused|cannot redeem a gift card|gift card not accepted at the checkout)",
     "(how long is a gift card valid|where can I buy a gift card|how do I check the balance of a gift card|can I use two gift cards at once)"),
    ("device", "how long is the warranty on the {device}", "(for how many years is the {device} covered by warranty|what is the guarantee period of the {device}|until when do you repair a {device} for free)",
     "(can I extend the warranty of the {device}|is water damage to the {device} covered|where do I register my {device}|how much does a repair of the {device} cost)"),
)


def _other(i: int, step: int) -> str:
    """A question from another topic, with its own slot values."""
    j = (i + step) % len(ROWS)
    while ROWS[j][0] == ROWS[i][0]:
        j = (j + 1) % len(ROWS)
    return re.sub(r"\{([a-z]+)\}", r"{\g<1>5}", ROWS[j][1 if step % 2 else 2])


DUPLICATES = Family(
    name="duplicates",
    instructions=(
        "Are these two support questions duplicates?",
        "Compare two tickets: same question, same topic, or unrelated.",
        "Find duplicate questions in a help forum.",
        "Would one answer close both tickets?",
        "How are the two customer questions related?",
    ),
    slots=SLOTS,
    dims={"app": ("app", "product", "software"), "device": ("device", "hardware"), "item": ("item", "article", "goods")},
    fields=(("question1", "question2"), ("ticket_a", "ticket_b"), ("new", "existing"), ("title1", "title2"), ("question", "candidate"), ("first", "second")),
    concepts={
        "duplicate": Concept(
            names=("duplicate", "same question", "DUPLICATE", "dup", "identical issue"),
            definitions=("both ask the same thing, one answer serves both", "the second repeats the first in other words", "same problem, same wish"),
            pairs=tuple((r[1], r[2]) for r in ROWS),
        ),
        "related": Concept(
            names=("related", "same topic", "RELATED", "similar but different", "neighbouring question"),
            definitions=("about the same thing but needs another answer", "same topic, different question", "they share the subject, not the problem"),
            pairs=tuple((r[1], r[3]) for r in ROWS),
        ),
        "unrelated": Concept(
            names=("unrelated", "nothing in common", "UNRELATED", "different topic"),
            definitions=("the questions are about different topics", "no connection between the two", "another matter altogether"),
            pairs=tuple((r[1], _other(i, step)) for i, r in enumerate(ROWS) for step in (5, 8, 13)),
        ),
    },
)

FAMILIES = (DUPLICATES,)
