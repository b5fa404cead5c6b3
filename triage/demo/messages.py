"""Sample messages over all levels and manners of speaking, in our own words."""

from triage.actions.intake import NewReport

MESSAGES: tuple[NewReport, ...] = (
    NewReport("My father collapsed in the hall, he is not breathing", 71, "male", "14 Mill Lane"),
    NewReport(
        "woman at the bus stop just dropped, no pulse, people are pushing on her chest",
        location="Market Place, bus stop",
    ),
    NewReport(
        "he ate a peanut cookie, his throat is closing and he can't get air",
        17,
        "male",
        "School Lane, canteen",
    ),
    NewReport("my baby is limp and blue, please", 0.4, location="Flat 12, Quay"),
    NewReport(
        "Saw slipped at work, blood is spurting from his thigh and he is going pale",
        34,
        "male",
        "Unit 5, Harbour Road",
    ),
    NewReport("72F unresponsive, agonal, CPR in progress", 72, "female", "Castle Street 8"),
    NewReport(
        "she took a lot of something, breathing maybe five times a minute, lips blue",
        26,
        "female",
        "Park Avenue 3",
    ),
    NewReport("58M CP rad L arm, diaphoretic, onset 20 min", 58, "male", "Station Road 40"),
    NewReport(
        "mum's mouth hangs down on the left and she is slurring, it began at eight",
        79,
        "female",
        "Church Street 2",
    ),
    NewReport("I can only say two words, my pump does nothing", 23, "female", "Oak Drive 19"),
    NewReport(
        "temp 39.4 HR 126 RR 26 BP 94/58 SpO2 92, confused, care home resident",
        84,
        "female",
        "Meadow View care home",
    ),
    NewReport(
        "I have the pills in front of me and I do not want to go on", None, "", "King Street"
    ),
    NewReport(
        "worst headache of my life came out of nowhere, I threw up",
        45,
        "female",
        "Victoria Square 1",
    ),
    NewReport("contractions every two minutes and I need to push", 31, "female", "Elm Close 6"),
    NewReport(
        "fell off the scaffolding, awake but he can't feel his legs",
        41,
        "male",
        "Building site, Bridge Street",
    ),
    NewReport("six week old with a temperature of 38.7, does not feed", 0.11, "male", "Forest Way"),
    NewReport(
        "carbon monoxide alarm is going, all four of us have a headache", None, "", "Chapel Hill 22"
    ),
    NewReport(
        "dog bit my girl in the face, deep wounds, lots of blood", 6, "female", "North Parade"
    ),
    NewReport(
        "Mein Vater hat seit einer Stunde starken Druck auf der Brust", 66, "male", "Hill Top 4"
    ),
    NewReport(
        "ma mère est tombée, elle ne peut plus se lever, la hanche lui fait mal",
        83,
        "female",
        "River Walk 9",
    ),
    NewReport(
        "pain moved to the lower right of my belly, temp 38.2, hurts to walk",
        19,
        "male",
        "Orchard Road 11",
    ),
    NewReport(
        "wrist bent after a fall on ice, fingers warm and moving", 52, "female", "High Street"
    ),
    NewReport(
        "vomiting since yesterday, nothing stays down, dizzy when I stand",
        37,
        "female",
        "Green Lane 7",
    ),
    NewReport(
        "heart fluttering since the morning, pulse about 118, no pain", 61, "male", "Quay 30"
    ),
    NewReport("boiling water over my forearm, big blisters", 28, "female", "Mill Lane 51"),
    NewReport(
        "grandma slipped in the bathroom, hip hurts, leg looks shorter, she is awake",
        88,
        "female",
        "Castle Street 31",
    ),
    NewReport(
        "asthma is bad tonight, inhaler helps for two hours, I can talk",
        30,
        "male",
        "Park Avenue 77",
    ),
    NewReport(
        "kidney stone again I think, pain comes in waves, can't sit still",
        44,
        "male",
        "Oak Drive 2",
    ),
    NewReport("calf swollen and sore after the long flight", 50, "female", "Station Road 12"),
    NewReport("me torcí el tobillo, está hinchado pero puedo andar", 22, "male", "Sports ground"),
    NewReport(
        "cut my finger with a bread knife, it stopped but gapes a bit",
        33,
        "female",
        "Church Street 15",
    ),
    NewReport(
        "burning when I pee for two days, no fever, no back pain", 27, "female", "Elm Close 3"
    ),
    NewReport("earache since last night, temp 38, drinks and plays", 4, "male", "School Lane 8"),
    NewReport("fever 38.4 and a sore throat, drinking fine", 16, "female", "Bridge Street 5"),
    NewReport("nose has been bleeding for ten minutes, it is slowing", 12, "male", "Hill Top 20"),
    NewReport("pulled my back lifting a box, can walk", 39, "male", "Harbour Road 2"),
    NewReport("bumped his head on a shelf, small lump, no blackout, playing", 8, "male", "Quay 3"),
    NewReport(
        "itchy rash on the arms from a new soap, breathing fine", 25, "female", "Forest Way 6"
    ),
    NewReport(
        "feeling low since the funeral, no thoughts of harming myself, want to talk",
        48,
        "",
        "King Street 19",
    ),
    NewReport("stubbed my toe, nail half off", 20, "male", "Green Lane 33"),
    NewReport(
        "tooth hurts since three days, cheek a little thick", 35, "male", "Victoria Square 9"
    ),
    NewReport(
        "I need my blood pressure prescription renewed, I feel fine", 63, "male", "Mill Lane 3"
    ),
    NewReport("What are the opening hours of the clinic on Sunday?"),
    NewReport("Test message, line check, please disregard"),
    NewReport("stitches are due to come out, the wound is dry", 40, "female", "Chapel Hill 1"),
    NewReport(
        "cancel the ambulance please, she was only asleep and is fine",
        70,
        "female",
        "North Parade 14",
    ),
    NewReport("runny nose and sneezing since Monday, no fever", 29, "male", "Oak Drive 40"),
    NewReport("dry itchy patch on my elbow for weeks", 55, "female", "Meadow View 2"),
    NewReport(
        "can I take my hay fever tablet with paracetamol? no symptoms", 24, "", "High Street"
    ),
    NewReport("there is a cat on my roof and it won't come down", None, "", "River Walk 44"),
    NewReport("Fall detected. No response from the wearer.", 77, "male", "Castle Street 60"),
    NewReport(
        "minibus on its side, about nine people, two not walking", None, "", "Ring road, exit 4"
    ),
    NewReport("help", None, "", ""),
    NewReport("diabetic, sugar 1.8, sweating and talking nonsense", 54, "male", "Station Road 88"),
    NewReport("my friend fits since ten minutes and does not stop", 21, "female", "Market Place 2"),
    NewReport("drain cleaner in both eyes, rinsing now, burns terribly", 46, "male", "Quay 18"),
    NewReport(
        "ankle sprain last week, still a bit sore, wants exercises", 32, "female", "Elm Close"
    ),
    NewReport("SpO2 84 RR 32, COPD, using neck muscles", 69, "male", "Park Avenue 10"),
    NewReport(
        "28 weeks pregnant, bleeding like a period and cramps", 30, "female", "Bridge Street"
    ),
    NewReport(
        "child swallowed a dishwasher tab, drooling and crying", 2, "female", "School Lane 30"
    ),
)
