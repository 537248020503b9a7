"""Emails by kind, and workplace messages by urgency."""

from pocket.grammar.kit import Concept, Family


def _l(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split("|") if part.strip())


_FIRM = _l(
    "Altavon|Brightwell Foods|Northgate Bank|Kestor Insurance|Lumetric|Halden Steel|Corvane Energy|Nimbus Labs|Maple Leaf Rail|Tarn and Sons|Quill Print|Harbor Telecom|Fennimore Garden|Opal Travel|Redfern Logistics|Saddleback Gyms|{made} Ltd|{made} GmbH|{made} Inc|"
    "{lastname} Brothers|{lastname} and Partners|Blue Kettle|Pinewood Clinic Supplies|Sundry Post|Velo Works"
)

EMAIL_KINDS = Family(
    name="email_kinds",
    instructions=(
        "Sort an inbox by kind of email.",
        "Classify emails: what is each message for?",
        "Mails to a shared mailbox, labelled by type.",
        "Which folder should this email go into?",
        "Decide the category of an email from its first lines.",
    ),
    slots={
        "firm": _FIRM,
        "when": _l("{day}|next {day}|{day} at noon|{day} at 9:30|{day} at 3 pm|{month} 3|{month} 12|{month} 21|{month} 28|tomorrow|this {day}|next week|early {month}|on {day}|{day} afternoon|{day} morning"),
        "sender": _l("{name}|{name}|{fullname}|Mr {lastname}|Ms {lastname}|Dr {lastname}"),
        "item": _l("running shoes|desk lamp|kettle|office chair|headphones|suitcase|blender|rug|printer cartridge|tent|coat|keyboard|mattress|garden hose|backpack|watch|bike helmet|coffee maker|mirror|bookshelf"),
    },
    dims={"firm": ("company", "firm", "organisation"), "when": ("date", "when", "day"), "sender": ("person", "name", "contact")},
    extras=("kind regards, {sender}", "hi {name}, hope you are well", "dear {sender}", "sent from my phone", "{firm}, {city}", "best, {sender}", "please do not print this email", "reference {code}", "cc {sender}"),
    fields=(("text",), ("email",), ("message",), ("subject",)),
    concepts={
        "meeting": Concept(
            names=("meeting", "calendar", "appointment request", "MEETING", "scheduling"),
            definitions=("arranges, moves or cancels a meeting or call", "invitation to a work meeting with time and place"),
            slots={"topic": _l("the budget|the {city} launch|quarterly numbers|the office move|hiring plans|the roadmap|the {firm} contract|the website redesign|safety rules|the holiday rota|the audit|customer feedback|the offsite")},
            lines=(
                "can we meet {when} to (discuss|go over|talk about) {topic} ? [{sender}]", "our call with {firm} has moved to {when}", "invitation : {topic}, {when}, room {n} [, {sender}]", "[{firm} : ]agenda for {when} : {topic}, {topic2}, any other business", "sorry, I can't make {when}, could we do {when2} instead ? [{sender}]",
                "{sender} from {firm} would like {n} minutes of your time {when}", "please accept the calendar invite for {when} [, {sender}]", "[{firm} : ]the weekly stand-up is cancelled, {sender} is away", "minutes of our session on {topic} attached, next round {when} [, {sender}]", "[{firm} : ]does {when} work for you and {sender} ?",
                "let's sync on {topic} before {when} [, {sender}]", "dial-in details for the {firm} conference call {when}", "reminder : {topic} with {sender}, {when}", "who can take notes {when} when we see {firm} ?", "I booked the boardroom {when} for {topic} [, {sender}]",
                "[{firm} : ]could {sender} join us {when} by video ?", "which slot suits you, {when} or {when2} ? [{sender}]", "kick-off with {firm} {when}, lunch provided",
            ),
            tails=("please confirm by {when}", "I will send the slides beforehand", "it should take {n} minutes", "{sender} will chair", "the room has a projector"),
        ),
        "invoice": Concept(
            names=("invoice", "billing", "payment request", "INVOICE", "accounts"),
            definitions=("bill, receipt, payment reminder or statement", "asks for or confirms payment of goods and services"),
            lines=(
                "please find attached invoice {code} for {money}, due {when} [, {sender}]", "your {firm} bill for {month} is ready", "payment of {money} received, thank you, {firm} [, {sender}]", "[{firm} : ]second reminder : {code} has been overdue for {duration}", "we will debit {money} from your account {when} [, {sender}]",
                "statement of account from {firm}, balance {money}", "kindly transfer {money} to the account below by {when} [, {sender}]", "[{firm} : ]receipt for your {item} order, total {money} incl. VAT", "{sender} asks whether invoice {code} has been approved", "[{firm} : ]amount due : {money}, pay by {when} to avoid a late fee",
                "purchase order number missing on {code}, please resend to {firm} [, {sender}]", "[{firm} : ]attached is the bill for the {item}, net {n} days", "credit note {code} from {firm} for the returned {item} [, {sender}]", "remittance advice : {firm} paid {money} (yesterday|last {day}|on {day}|last week|this morning)", "pro forma for {n} units of {item}, {money} [, {sender}]",
                "our bank details have not changed, {firm} accounts receivable", "the {month} fee of {money} will be collected {when} [, {sender}]", "please send the outstanding {money} to {firm}, attn {sender}",
            ),
            tails=("payment terms are {n} days", "please quote {code} with the transfer", "VAT is shown separately", "questions to {sender} in accounts", "a PDF copy is attached"),
        ),
        "newsletter": Concept(
            names=("newsletter", "news digest", "mailing list", "NEWSLETTER", "regular update"),
            definitions=("regular mailing with news, tips and offers the reader signed up for", "digest or monthly bulletin"),
            lines=(
                "{n} tips for (better sleep|a tidy desk|your first {item}|spring gardens) and more in this month's letter [, {sender}]", "[{firm} : ]the {month} issue is here : interview with {sender}, {n} recipes, a look at {city}", "this week at {firm} : what we read, watched and built [, {sender}]", "{firm} digest, {when}",
                "your weekly roundup from {firm} [, {sender}]", "[{firm} : ]in this edition : {sender} on remote work, new {item} colors, reader photos", "our spring collection has landed, {percent} off every {item} until {when} [, {sender}]", "welcome to the {firm} community letter number {n}", "what's new in {month} : {n} features you asked for [, {sender}]",
                "top stories {when} from {firm}", "you receive this because you subscribed to {firm} [, {sender}]", "[{firm} : ]save the date : our webinar with {sender}, {when}", "from the editor : a slow {month} and a long read about {city} [, {sender}]", "[{firm} : ]members' bulletin : summer events start {when}",
                "{n} things we loved this week [, {sender}]", "read online, unsubscribe, {firm}, {city}", "the {firm} blog : how {sender} restored an old {item}", "[{firm} : ]your {month} horoscope, quiz and book club pick",
            ),
            tails=("unsubscribe at any time", "view this in your browser", "follow us for more", "forward it to a friend", "the next issue comes out {when}"),
        ),
        "spam": Concept(
            names=("spam", "scam", "junk", "phishing", "suspicious mail", "SPAM"),
            definitions=("unwanted bulk mail, fraud or phishing", "tries to trick the reader into paying or clicking"),
            slots={"prize": _l("lottery prize|inheritance|gift card|free {item}|holiday voucher|tax refund|cash grant|brand new phone|crypto bonus|unclaimed fund")},
            lines=(
                "CONGRATULATIONS you have won a {prize} of {num} million dollars [, {sender}]", "your {firm} account is suspended, verify your password within {n} hours", "dear beneficiary, I am barrister {lastname} and I have a {prize} for you [, {sender}]", "[{firm} : ]make {money} a day from home, no experience needed",
                "hot singles in {city} want to chat [, {sender}]", "[{firm} : ]cheap pills without prescription, {percent} off, order {when}", "we recorded you through your webcam, send {money} in bitcoin [, {sender}]", "[{firm} : ]final notice : claim your {prize} before {when}", "this stock will explode {when}, buy now [, {sender}]",
                "[{firm} : ]lose {n} kilos in {n2} days with this weird trick", "hello dear, I am {name}, a lonely widow from {country}, please reply [, {sender}]", "[{firm} : ]urgent business proposal, {percent} commission for you, contact {sender}", "click here to release your {item} parcel, pay {money} customs fee at this link [, {sender}]",
                "{firm} security : unusual login, confirm your card number and PIN", "your mailbox is full, log in here to keep your mails [, {sender}]", "[{firm} : ]get a genuine diploma in {n} days", "double your coins {when}, guaranteed [, {sender}]", "[{firm} : ]it is {sender}, I am stuck in {city} and need gift cards, don't tell anyone", "casino bonus {money}, no deposit [, {sender}]",
            ),
            tails=("act now, offer ends {when}", "100% guaranteed, no risk", "keep this strictly confidential", "send your bank details to {sender}", "click the link below"),
        ),
        "personal": Concept(
            names=("personal", "private", "friends and family", "PERSONAL", "from a friend"),
            definitions=("private mail between friends or relatives", "news, greetings and plans from people one knows"),
            slots={"kin": _l("mum|grandpa|your cousin {name}|aunt {name}|the twins|little {name}|dad|my sister|the baby|old {lastname} next door")},
            lines=(
                "happy birthday ! {kin} and I are thinking of you [, {sender}]", "guess who I ran into (yesterday|last {day}|on {day}|last week|this morning), {sender} from school !", "{kin} had the operation (yesterday|last {day}|on {day}|last week|this morning) and is doing well [, {sender}]", "photos from the trip to {city} attached, look at {kin}'s hat", "are you coming home for (Christmas|Easter|the wedding|{month}) ? [{sender}]",
                "thanks for the {item}, {kin} loves it", "I got the job at {firm}, drinks on me {when} [, {sender}]", "miss you, when do we talk properly again ?", "we're having a barbecue {when}, bring {name} [, {sender}]", "it's a girl ! (six|seven|eight) pounds, both fine, {kin} cried", "I left {firm} and I feel great, long story [, {sender}]",
                "do you still have my {item} ? need it {when}", "{kin} sends a big hug from {city} [, {sender}]", "sorry I forgot your birthday, terrible friend, I know", "fancy a walk {when} ? [{sender}]", "the dog ate {kin}'s {item} again", "how was {city} ? did you see {sender} ?", "broke up with {name}, can I sleep on your couch {when} ?", "recipe for the plum cake as promised [, {sender}]",
            ),
            tails=("lots of love", "kiss the kids from me", "call me when you can", "{kin} says hi", "can't wait to see you {when}"),
        ),
        "application": Concept(
            names=("job application", "application", "applicant", "APPLICATION", "candidate mail"),
            definitions=("someone applies for a job, internship or follows up on it", "mail from a job seeker"),
            slots={"job": _l("accountant|warehouse clerk|nurse|junior developer|barista|sales manager|receptionist|driver|translator|gardener|data analyst|intern|cook|electrician|graphic designer|store assistant|lab technician|bookkeeper")},
            lines=(
                "I am writing to apply for the position of {job} at {firm} [, {sender}]", "[{firm} : ]please find attached my CV and cover letter for the {job} opening", "I saw your ad for a {job} in {city} and would love to join {firm} [, {sender}]", "[{firm} : ]following up on my application as {job}, sent (yesterday|last {day}|on {day}|last week|this morning)", "I can start as {job} {when} [, {sender}]",
                "[{firm} : ]{sender} suggested that I contact you about work as a {job}", "thank you for the interview (yesterday|last {day}|on {day}|last week|this morning), I remain very interested in the {job} role [, {sender}]", "do you offer internships at {firm} in {month} ?", "my references from {firm} are enclosed [, {sender}]", "[{firm} : ]after {duration} as a {job} I am looking for a new challenge",
                "is the {job} vacancy still open ? [{sender}]", "[{firm} : ]unsolicited application : experienced {job}, {n} years, speaks three languages", "I hereby withdraw my candidacy for {job}, with thanks to {sender}", "[{firm} : ]salary expectation {money}, available {when}", "I graduated in {month} and hope to begin my career at {firm} [, {sender}]",
                "[{firm} : ]my portfolio as {job} is linked below", "student looking for a part-time job as {job} from {when} [, {sender}]", "[{firm} : ]I would welcome the chance to introduce myself {when}",
            ),
            tails=("I look forward to hearing from you", "my notice period is {n} weeks", "certificates are attached", "I am happy to come to {city}", "{sender} can recommend me"),
        ),
        "complaint": Concept(
            names=("complaint", "unhappy customer", "grievance", "COMPLAINT", "angry mail"),
            definitions=("the writer is dissatisfied and demands a remedy", "protest about goods, service or treatment"),
            lines=(
                "I am (very|extremely) disappointed with the {item} I bought from {firm} [, {sender}]", "[{firm} : ]the {item} broke after {n} days, I want my money back", "your employee {sender} was rude to me (yesterday|last {day}|on {day}|last week|this morning)", "this is the third time I write and nobody at {firm} answers", "I was promised a call for {when}, nothing happened [, {sender}]",
                "[{firm} : ]you sent the wrong {item} and now refuse to exchange it", "unacceptable : {duration} on hold and then cut off [, {sender}]", "[{firm} : ]I demand a refund of {money} by {when} or I go to a lawyer", "the {item} stinks of glue and is scratched all over [, {sender}]", "never again {firm}, worst service in {city}",
                "formal grievance about the noise from your site in {city} since (last {day}|{month}) [, {sender}]", "why did {firm} charge me {money} for a {item} I returned ?", "the technician {sender} left a mess and the {item} still does not work", "shame on you, {firm}", "your advert says {item} in stock, that is a lie [, {sender}]",
                "[{firm} : ]I wish to complain about {sender}'s tone on the phone (yesterday|last {day}|on {day}|last week|this morning)", "{firm} ruined our holiday, cold food and dirty sheets [, {sender}]", "[{firm} : ]I expect an apology and {percent} off",
            ),
            tails=("I will tell everyone I know", "please escalate this to your manager", "I have photos as proof", "I have been a customer for {duration}", "answer me by {when}"),
        ),
        "delivery": Concept(
            names=("delivery notice", "shipping", "parcel update", "DELIVERY", "tracking mail"),
            definitions=("tells that a parcel is sent, late, waiting or delivered", "shipping and tracking information"),
            lines=(
                "your {item} is on its way, tracking number {code} [, {sender}]", "{firm} will deliver your parcel {when}", "we missed you (yesterday|last {day}|on {day}|last week|this morning), your package is at the post office [, {sender}]", "[{firm} : ]shipped : {item}, expected {when}", "your parcel from {firm} was left with {sender} next door", "[{firm} : ]delivery of {code} delayed by {n} days because of snow",
                "out for delivery today between (8|9|10|11) and (1|2|3|4) [, {sender}]", "[{firm} : ]good news, your {item} left our warehouse in {city}", "signed for by {sender} (yesterday|last {day}|on {day}|last week|this morning)", "[{firm} : ]choose a new delivery slot for {code}, the driver could not find your door", "your {item} has arrived at the pick-up point in {city} [, {sender}]", "dispatch note {code} : {n} boxes, {firm} freight",
                "courier {sender} is {n} stops away", "your return of the {item} reached {firm}", "customs cleared, {code} leaves {city} {when} [, {sender}]", "[{firm} : ]please collect your parcel by {when}", "delivered : package in the porch, {time} [, {sender}]", "[{firm} : ]part of your order , the {item}, ships separately {when}",
            ),
            tails=("track it with {code}", "someone must be home to sign", "the driver will ring twice", "it fits through the letter box", "{firm} thanks you for your order"),
        ),
    },
)

_WORK_SLOTS = {
    "system": _l("payroll server|checkout page|booking system|cold store|loading dock|fire alarm|vpn|printer on floor {n}|card reader|conveyor belt|customer database|phone line|air handling unit|forklift|backup generator|intranet|delivery van|coffee machine|"
                 "label printer|badge system|warehouse scanner|website|payment gateway|boiler|time clock"),
    "sender": _l("{name}|{name}|{fullname}|Mr {lastname}|Ms {lastname}|the {city} office|facilities|the night shift|accounting|the client|our auditor|legal|the front desk|purchasing|HR|the warehouse"),
    "doc": _l("quarterly report|supplier contract|travel form|price list|shift plan|slide deck|safety checklist|customs paper|draft press release|tender|stock count|expense claim|org chart|budget sheet|onboarding guide|meeting notes|visa letter|spec sheet"),
}

URGENCY = Family(
    name="urgency",
    instructions=(
        "How urgent is this message at work?",
        "Triage internal messages by urgency.",
        "Label workplace messages by how soon someone must act.",
        "Priority of chat messages and emails in an office.",
        "Does this need action now, in due course, or whenever?",
    ),
    slots=_WORK_SLOTS,
    dims={"system": ("system", "equipment", "affected thing"), "sender": ("from", "person or team", "requester"), "doc": ("document", "file")},
    extras=("it is about the {system}", "{sender} asked", "ref {code}", "cc {sender}", "this is {sender}", "see the {doc}", "I work in {city}", "room {n}"),
    fields=(("message",), ("text",), ("request",)),
    concepts={
        "urgent": Concept(
            names=("urgent", "act now", "high", "URGENT", "immediately", "critical"),
            definitions=("must be handled at once, harm or loss otherwise", "emergency, outage or deadline within hours", "needs somebody right now"),
            lines=(
                "the {system} is down and (customers are waiting|nobody can work|trucks are queuing)", "need the {doc} within the hour, {sender} is standing here", "smoke in the room with the {system}, evacuate ?", "{sender} fell on the stairs, call an ambulance", "stop the {doc}, it has the wrong price, it goes out in {n} minutes",
                "we are losing {money} every minute the {system} is off", "SOS {system} dead since {time}", "please drop everything and fix the {system}", "the {doc} must be signed before {time} today or we lose the order", "{sender} says water is pouring onto the {system}", "security breach, someone copied the {doc}",
                "customer data visible through the {system}, pull the plug now", "deadline moved to today, where is the {doc} ?!", "{sender} locked in the freezer, who has keys ?", "asap asap : {system} throws errors for everyone", "court needs the {doc} by noon", "production stopped, {system} jammed, all hands please",
                "gas smell near the {system}, come immediately", "I need an answer in {n} minutes, {sender} is on the other line",
            ),
            tails=("call me right away", "this cannot wait", "everything else comes second", "{n} people are stuck", "I tried {sender}, no answer", "hurry please"),
        ),
        "normal": Concept(
            names=("normal", "standard", "medium", "in due course", "NORMAL", "this week"),
            definitions=("ordinary request to be done in the next days", "regular task with a normal deadline", "needs doing, but there is no emergency"),
            lines=(
                "could you send me the {doc} by {day} ?", "please update the {doc} before the meeting on {day}", "{sender} needs access to the {system} from {day} on", "the {system} makes a noise, please have a look this week", "can you check the numbers in the {doc} for {sender} ?", "please order toner for the {system} this week",
                "new colleague starts {day}, set up a login for the {system}", "{sender} would like feedback on the {doc} by the end of the week", "please book {sender} on the training for the {system} in the next days", "the {doc} is ready for review, {day} is fine", "one of {n} lights on the {system} is out, work goes on",
                "could {sender} resend the {doc}, page {n} is missing ? {day} is early enough", "reminder : hand in the {doc} by {day}", "please schedule the regular service of the {system} for next week", "{sender} has a question about the {doc}, can you reply tomorrow ?", "the {system} password expires {day}, please renew",
                "we should answer {sender} within two or three days", "please translate the {doc}, due {day}", "kindly approve the {doc} in the course of the week",
            ),
            tails=("by {day} please", "tomorrow is fine", "in the usual time frame", "let me know if {day} is a problem", "thanks for taking care of it"),
        ),
        "low": Concept(
            names=("can wait", "low", "no rush", "whenever", "LOW", "someday"),
            definitions=("no deadline, nice to have, do it when there is time", "can wait for weeks or be ignored", "just for information or a far-off idea"),
            lines=(
                "no hurry at all, but the {doc} could use a nicer font", "when you get round to it, clean the {system}", "idea for next year : a second {system}", "just fyi, {sender} renamed the {doc}", "whenever you have a quiet moment, show {sender} the {system}", "low priority : typo on page {n} of the {doc}",
                "at some point we should replace the {system}, it still runs", "some day {sender} wants to archive the old {doc}", "nothing pressing, does anyone need the old {system} ?", "for the back burner : tidy the {doc} folder", "not important, the sticker on the {system} is crooked", "would be nice to have the {doc} in color eventually",
                "if you are bored, read the {doc} from {year}", "take your time with the {doc}, {sender} is on leave until {month}", "long-term wish from {sender} : a quieter {system}", "for your information only, {system} manual moved to the shelf", "remind me in {month} about the {doc}", "cosmetic thing on the {system} screen, ignore it if busy",
                "{sender} wonders, out of curiosity, who wrote the {doc}",
            ),
            tails=("no deadline", "really, take your time", "next quarter is fine too", "only if you have nothing better to do", "it has been like that for {duration}", "no reply needed"),
        ),
    },
)

FAMILIES = (EMAIL_KINDS, URGENCY)
