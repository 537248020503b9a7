"""Questions that a garden centre gets. The smallest family; the pattern for the others."""

from pocket.grammar.kit import Concept, Family

GARDENING = Family(
    name="gardening",
    instructions=(
        "Sort messages to a garden centre by what the customer wants help with.",
        "Messages from gardeners, labelled by problem.",
        "Classify gardening questions.",
        "Which kind of garden problem is this message about?",
    ),
    slots={
        "plant": ("tomato", "rose", "basil", "lemon tree", "hydrangea", "lavender", "orchid", "fern", "courgette", "apple tree", "chilli", "ivy", "strawberries", "peony", "mint"),
        "place": ("on the balcony", "in the greenhouse", "by the back fence", "in a clay pot", "in the raised bed", "on the kitchen sill", "under the old oak"),
        "bug": ("aphids", "slugs", "spider mites", "whiteflies", "caterpillars", "vine weevils", "ants", "snails"),
    },
    dims={"plant": ("plant", "crop", "species"), "place": ("place", "location", "where")},
    extras=(
        "I am (quite|fairly|very) new to (this|gardening)",
        "it grows {place}",
        "we moved here (last year|in {month})",
        "the soil is (heavy clay|sandy|mostly compost|rather poor)",
        "thanks (a lot|in advance|for any help)",
        "my (neighbour|mother|friend {name}) (swears by|suggested) (coffee grounds|eggshells|rainwater)",
    ),
    concepts={
        "pests": Concept(
            names=("pests", "bugs and pests", "insect damage"),
            definitions=("something is eating or infesting the plant", "insects, slugs or other animals on a plant"),
            lines=(
                "(there are|I found|I keep seeing) {bug} (all over|under the leaves of|on) my {plant}",
                "{bug} (have eaten|are eating|destroyed) (half of|most of|all) my {plant} [{place}]",
                "how do I get rid of {bug} (on|around) the {plant} [without (chemicals|poison|spraying)]",
                "something is (chewing|nibbling|making holes in) my {plant} leaves at night, maybe {bug}",
                "is there (anything|a safe spray|a natural cure) against {bug} for (a|my) {plant}",
            ),
            tails=("soap water did nothing", "I (picked off|squashed|counted) about {n} of them this morning", "they came back after {duration}"),
        ),
        "watering": Concept(
            names=("watering", "water", "irrigation"),
            definitions=("how much and when to water", "too dry, too wet, or a watering routine"),
            lines=(
                "how often should I water (a|my) {plant} [{place}]",
                "the {plant} {place} (looks|is) (dry|limp|wilted) even though I water it every {day}",
                "I think I (drowned|overwatered) my {plant}, the pot is (soaking|full of water)",
                "does (a|the) {plant} need (more|less) water in (summer|winter|{month})",
                "away for {duration}, who or what waters the {plant} [{place}]",
            ),
            tails=("the saucer is always full", "I give it about {n} cups (a week|at a time)", "the top of the soil feels (dry|wet) by {time}"),
        ),
    },
)

FAMILIES = (GARDENING,)
